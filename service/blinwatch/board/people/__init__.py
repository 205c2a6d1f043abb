"""Who may see and do what at the board: a file of people and their roles; sessions; the door before every page."""
