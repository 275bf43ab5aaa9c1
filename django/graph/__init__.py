"""What may be asked at `/graphql`? Organizations, their events, shifts, sign-ups and people: what the API gives."""
