"""What a coach decides instead of FitBox, inside what is safe for the member."""
