// In the place of django-unfold's Chart.js, 200 KB that every page would load: the staff's pages draw no charts.
