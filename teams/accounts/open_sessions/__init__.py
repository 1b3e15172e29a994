"""Who is signed in at this moment, for administrators, and ending a session. Real time, never the portal's clock."""
