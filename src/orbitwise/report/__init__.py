"""What a page may show, and its text and HTML forms."""
