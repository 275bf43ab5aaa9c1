// How does a shift get into somebody's calendar?

export interface Appointment {
  uid: string;
  title: string;
  location: string;
  notes: string;
  url: string;
  starts_at: string;
  ends_at: string;
}

const LINE_BYTES = 73;

/** Write an appointment as an iCalendar file (RFC 5545). */
export function calendarFile(appointment: Appointment, now = new Date()): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Volunteer events//Sign-up//EN",
    "METHOD:PUBLISH",
    "BEGIN:VEVENT",
    `UID:${text(appointment.uid)}`,
    `DTSTAMP:${stamp(now)}`,
    `DTSTART:${stamp(new Date(appointment.starts_at))}`,
    `DTEND:${stamp(new Date(appointment.ends_at))}`,
    `SUMMARY:${text(appointment.title)}`,
    `LOCATION:${text(appointment.location)}`,
    `DESCRIPTION:${text(appointment.notes)}`,
    `URL:${appointment.url}`,
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return `${lines.flatMap(fold).join("\r\n")}\r\n`;
}

/** Hand a file to the browser, which opens it or saves it. */
export function download(name: string, content: string, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const stamp = (date: Date) => date.toISOString().replace(/[-:]|\.\d+/g, "");

const text = (value: string) => value.replace(/[\\;,]/g, "\\$&").replace(/\r?\n/g, "\\n");

/** A line is at most 75 octets; it goes on in the next one after a space. Letters are never cut. */
function fold(line: string): string[] {
  const folded: string[] = [];
  let current = "";
  let bytes = 0;
  for (const letter of line) {
    const size = new TextEncoder().encode(letter).length;
    if (bytes + size > LINE_BYTES) {
      folded.push(current);
      current = " ";
      bytes = 1;
    }
    current += letter;
    bytes += size;
  }
  return [...folded, current];
}
