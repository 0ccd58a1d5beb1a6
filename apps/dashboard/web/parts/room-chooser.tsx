import { t } from '../words.ts';
import { Segments } from './segments.tsx';

interface RoomChooserProps {
  room: string;
  rooms: string[];
  onRoom: (room: string) => void;
}

/** More rooms than this do not fit side by side. */
const mostSegments = 8;

export function RoomChooser({ room, rooms, onRoom }: RoomChooserProps) {
  if (rooms.length <= mostSegments) {
    return (
      <Segments
        label={t('nav.rooms')}
        value={room}
        options={rooms.map((name) => ({ value: name, text: name }))}
        onChange={onRoom}
      />
    );
  }
  return (
    <select
      class="select"
      aria-label={t('nav.rooms')}
      value={room}
      onChange={(event) => onRoom(event.currentTarget.value)}
    >
      {rooms.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
