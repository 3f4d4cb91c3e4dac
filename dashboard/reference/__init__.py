"""`/docs`: the reference and the guides, made of docs/ and of what the code says about itself."""
