using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Mesh.Benchmarks.Broker;

/// <summary>One connection of the load generator, blocking and without a client library: what is measured is the broker.</summary>
internal sealed class LoadConnection : IDisposable
{
    private const short ProduceVersion = 7;
    private const short FetchVersion = 11;
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] answer = new byte[1 << 20];

    public LoadConnection(BrokerUnderTest broker) => socket.Connect(broker.Host, broker.Port);

    /// <summary>Sends a batch; the answer is taken by <see cref="ReceiveProduced"/>.</summary>
    public void SendProduce(string topic, int partition, short acks, byte[] batch)
    {
        var head = new Writer(stackalloc byte[256]);
        head.Int32(0);
        head.Int16(0);
        head.Int16(ProduceVersion);
        head.Int32(partition);
        head.Text("load");
        head.Int16(-1);
        head.Int16(acks);
        head.Int32(30_000);
        head.Int32(1);
        head.Text(topic);
        head.Int32(1);
        head.Int32(partition);
        head.Int32(batch.Length);
        head.Patch(0, head.Length - 4 + batch.Length);
        Send(head.Written);
        Send(batch);
    }

    /// <returns>Base offset.</returns>
    public long ReceiveProduced()
    {
        // Correlation id, one topic with its name, one partition: index, error, base offset.
        var frame = Receive();
        int at = 8 + 2 + BinaryPrimitives.ReadInt16BigEndian(frame[8..]) + 4 + 4;
        short error = BinaryPrimitives.ReadInt16BigEndian(frame[at..]);
        return error == 0 ? BinaryPrimitives.ReadInt64BigEndian(frame[(at + 2)..]) : throw new InvalidOperationException($"produce was answered with error {error}");
    }

    /// <summary>Fetches once from each of the partitions.</summary>
    /// <param name="topic">Topic.</param>
    /// <param name="offsets">Next offset of each partition; moved on.</param>
    /// <param name="partitionMaxBytes">Most bytes of one partition.</param>
    /// <returns>Bytes and records received.</returns>
    public (long Bytes, long Records) Fetch(string topic, long[] offsets, int partitionMaxBytes)
    {
        var request = new Writer(new byte[256 + (offsets.Length * 32)]);
        request.Int32(0);
        request.Int16(1);
        request.Int16(FetchVersion);
        request.Int32(7);
        request.Text("load");
        request.Int32(-1);
        request.Int32(100);
        request.Int32(1);
        request.Int32(50 << 20);
        request.Byte(0);
        request.Int32(0);
        request.Int32(-1);
        request.Int32(1);
        request.Text(topic);
        request.Int32(offsets.Length);
        for (int p = 0; p < offsets.Length; p++)
        {
            request.Int32(p);
            request.Int32(-1);
            request.Int64(offsets[p]);
            request.Int64(-1);
            request.Int32(partitionMaxBytes);
        }

        request.Int32(0);
        request.Text("");
        request.Patch(0, request.Length - 4);
        Send(request.Written);
        return TakeRecords(Receive(), offsets);
    }

    public void Dispose() => socket.Dispose();

    private static (long Bytes, long Records) TakeRecords(ReadOnlySpan<byte> frame, long[] offsets)
    {
        int at = 4 + 4 + 2 + 4 + 4;
        at += 2 + BinaryPrimitives.ReadInt16BigEndian(frame[at..]);
        int partitions = BinaryPrimitives.ReadInt32BigEndian(frame[at..]);
        at += 4;
        long bytes = 0, records = 0;
        for (int i = 0; i < partitions; i++)
        {
            int partition = BinaryPrimitives.ReadInt32BigEndian(frame[at..]);
            short error = BinaryPrimitives.ReadInt16BigEndian(frame[(at + 4)..]);
            if (error != 0) throw new InvalidOperationException($"fetch was answered with error {error}");
            at += 4 + 2 + 8 + 8 + 8;
            int aborted = BinaryPrimitives.ReadInt32BigEndian(frame[at..]);
            at += 4 + (16 * Math.Max(0, aborted)) + 4;
            int length = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(frame[at..]));
            at += 4;
            var data = frame.Slice(at, length);
            at += length;
            while (data.Length >= RecordBatch.HeaderBytes)
            {
                int size = BinaryPrimitives.ReadInt32BigEndian(data[8..]) + 12;
                if (size > data.Length) break;
                offsets[partition] = BinaryPrimitives.ReadInt64BigEndian(data) + BinaryPrimitives.ReadInt32BigEndian(data[23..]) + 1;
                records += BinaryPrimitives.ReadInt32BigEndian(data[57..]);
                bytes += size;
                data = data[size..];
            }
        }

        return (bytes, records);
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes)..];
    }

    private ReadOnlySpan<byte> Receive()
    {
        ReceiveExactly(answer.AsSpan(0, 4));
        int length = BinaryPrimitives.ReadInt32BigEndian(answer);
        if (length > answer.Length) answer = new byte[length];
        ReceiveExactly(answer.AsSpan(0, length));
        return answer.AsSpan(0, length);
    }

    private void ReceiveExactly(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = socket.Receive(destination);
            if (read == 0) throw new IOException("The broker closed the connection.");
            destination = destination[read..];
        }
    }

    private ref struct Writer(Span<byte> buffer)
    {
        private readonly Span<byte> buffer = buffer;

        public int Length { get; private set; }

        public readonly ReadOnlySpan<byte> Written => buffer[..Length];

        public void Byte(byte value) => buffer[Length++] = value;

        public void Int16(short value)
        {
            BinaryPrimitives.WriteInt16BigEndian(buffer[Length..], value);
            Length += 2;
        }

        public void Int32(int value)
        {
            BinaryPrimitives.WriteInt32BigEndian(buffer[Length..], value);
            Length += 4;
        }

        public void Int64(long value)
        {
            BinaryPrimitives.WriteInt64BigEndian(buffer[Length..], value);
            Length += 8;
        }

        public void Text(string value)
        {
            Int16((short)value.Length);
            Length += Encoding.UTF8.GetBytes(value, buffer[Length..]);
        }

        public readonly void Patch(int position, int value) => BinaryPrimitives.WriteInt32BigEndian(buffer[position..], value);
    }
}
