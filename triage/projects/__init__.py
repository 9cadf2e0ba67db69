"""Projects: who is a member, with which role, and what each account may reach."""
