using System.Globalization;

namespace Mesh.Formats.Bus.J1939;

/// <summary>
/// Puts together parameter groups that were sent in parts (SAE J1939-21, 5.10): announced to all (TP.CM_BAM) or to one (TP.CM_RTS), then packets of seven bytes (TP.DT),
/// numbered from 1. One per bus channel.
/// </summary>
internal sealed class J1939Transport(Func<int, bool> isKnown, LossList losses)
{
    private const int ConnectionManagement = 0xec00;
    private const int DataTransfer = 0xeb00;
    private const int PacketBytes = 7;
    private const int MaxBytes = 1785;

    // SAE J1939-21, 5.10.2.4: T2 and T3.
    private const ulong TimeoutNs = 1_250_000_000;
    private const int MaxSessions = 1024;
    private readonly Dictionary<int, Session> sessions = [];

    /// <summary>Takes a frame.</summary>
    /// <param name="id">Its 29-bit identifier.</param>
    /// <param name="data">Its data.</param>
    /// <param name="timeNs">When.</param>
    /// <param name="fileOffset">Where, for reports.</param>
    /// <param name="messageId">Identifier of the parameter group that it completes.</param>
    /// <returns>The data of that group, valid until the next call; empty when it completes none.</returns>
    public ReadOnlySpan<byte> Take(uint id, ReadOnlySpan<byte> data, ulong timeNs, long fileOffset, out uint messageId)
    {
        messageId = 0;
        int group = J1939Id.ParameterGroup(id);
        if (group == ConnectionManagement && data.Length >= 8) Manage(id, data, timeNs, fileOffset);
        else if (group == DataTransfer && data.Length >= 2) return Receive(id, data, timeNs, out messageId);
        return default;
    }

    private static int Key(int source, int destination) => (source << 8) | destination;

    private void Manage(uint id, ReadOnlySpan<byte> data, ulong timeNs, long fileOffset)
    {
        const byte RequestToSend = 16, ClearToSend = 17, EndOfMessage = 19, Broadcast = 32, Abort = 255;
        int source = J1939Id.SourceAddress(id), destination = J1939Id.DestinationAddress(id);
        switch (data[0])
        {
            case RequestToSend or Broadcast:
                int bytes = data[1] | (data[2] << 8);
                int group = data[5] | (data[6] << 8) | ((data[7] & 3) << 16);
                int packets = (bytes + PacketBytes - 1) / PacketBytes;
                Discard(Key(source, destination));
                if (bytes is < 9 or > MaxBytes || packets != data[3] || !isKnown(group)) return;
                if (sessions.Count >= MaxSessions) DiscardOld(timeNs);
                sessions[Key(source, destination)] = new Session(group, source, destination, J1939Id.Priority(id), bytes, packets, fileOffset) { LastNs = timeNs };
                break;
            case ClearToSend when sessions.TryGetValue(Key(destination, source), out var session):
                // The receiver may hold the sender off, or ask for packets again.
                session.LastNs = timeNs;
                break;
            case EndOfMessage:
                Discard(Key(destination, source));
                break;
            case Abort:
                // The nodes gave up: nothing is missing from the recording.
                sessions.Remove(Key(source, destination));
                sessions.Remove(Key(destination, source));
                break;
        }
    }

    private ReadOnlySpan<byte> Receive(uint id, ReadOnlySpan<byte> data, ulong timeNs, out uint messageId)
    {
        messageId = 0;
        int key = Key(J1939Id.SourceAddress(id), J1939Id.DestinationAddress(id));

        // Packets without announcement: the transfer began before the recording, or is of a group that nobody asks for.
        if (!sessions.TryGetValue(key, out var session)) return default;
        if (timeNs > session.LastNs + TimeoutNs)
        {
            Discard(key);
            return default;
        }

        session.LastNs = timeNs;
        int packet = data[0];
        if (packet < 1 || packet > session.Packets) return default;
        int start = (packet - 1) * PacketBytes;
        int count = Math.Min(PacketBytes, session.Data.Length - start);
        if (data.Length - 1 < count) return default;
        data.Slice(1, count).CopyTo(session.Data.AsSpan(start));
        session.Mark(packet);
        if (session.Missing == 0)
        {
            sessions.Remove(key);
            messageId = J1939Id.Make(session.Priority, session.Group, session.Destination, session.Source);
            return session.Data;
        }

        // Broadcast packets are never sent again: after the last one nothing can come.
        if (packet == session.Packets && session.Destination == J1939Id.GlobalAddress) Discard(key);
        return default;
    }

    private void Discard(int key)
    {
        if (!sessions.Remove(key, out var session)) return;
        losses.Add(BusLosses.IncompleteTransfer, session.FileOffset, Math.Min((long)session.Missing * PacketBytes, session.Data.Length),
            string.Create(CultureInfo.InvariantCulture, $"{session.Packets} packets of parameter group {session.Group} from address {session.Source}"),
            string.Create(CultureInfo.InvariantCulture, $"{session.Packets - session.Missing}"));
    }

    /// <summary>Makes room: drops what has timed out, and if that is nothing, what has waited longest.</summary>
    private void DiscardOld(ulong timeNs)
    {
        var old = new List<int>();
        int oldest = -1;
        foreach (var (key, session) in sessions)
        {
            if (timeNs > session.LastNs + TimeoutNs) old.Add(key);
            if (oldest < 0 || session.LastNs < sessions[oldest].LastNs) oldest = key;
        }

        if (old.Count == 0) old.Add(oldest);
        foreach (int key in old) Discard(key);
    }

    private sealed class Session(int group, int source, int destination, int priority, int bytes, int packets, long fileOffset)
    {
        private readonly bool[] received = new bool[packets];

        public int Group => group;

        public int Source => source;

        public int Destination => destination;

        public int Priority => priority;

        public int Packets => received.Length;

        public long FileOffset => fileOffset;

        public byte[] Data { get; } = new byte[bytes];

        public int Missing { get; private set; } = packets;

        public ulong LastNs { get; set; }

        public void Mark(int packet)
        {
            if (received[packet - 1]) return;
            received[packet - 1] = true;
            Missing--;
        }
    }
}
