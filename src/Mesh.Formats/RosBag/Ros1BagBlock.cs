using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.RosBag;

/// <summary>
/// A chunk, or a run of records outside chunks, on its way from the file to the caller: stored bytes, records, the messages found in them and
/// what was lost. Reused from block to block. Message references carry the connection's id until the reader puts the channel in its place.
/// </summary>
internal sealed class Ros1BagBlock
{
    private readonly MessageBlock block = new();
    private byte[] stored = [];
    private byte[] records = [];
    private MessageRef[] messages = new MessageRef[256];

    /// <summary>Position of the chunk record; -1 for records outside chunks.</summary>
    public long ChunkPosition { get; set; }

    /// <summary>Position in the file of the first byte of <see cref="Records"/>; -1 when they were compressed.</summary>
    public long RecordsPosition { get; set; }

    /// <summary>Position in the file after the block.</summary>
    public long EndPosition { get; set; }

    public Ros1BagCompression Compression { get; set; }

    public int StoredBytes { get; set; }

    /// <summary>Bytes of records that the chunk claims.</summary>
    public int ClaimedBytes { get; set; }

    /// <summary>Bytes of records: what can be there until the chunk is decompressed, then what is.</summary>
    public int RecordBytes { get; set; }

    /// <summary>Whether decompressing and listing the messages is still to be done.</summary>
    public bool IsPending { get; set; }

    public int Count { get; private set; }

    public Span<MessageRef> Messages => messages.AsSpan(0, Count);

    public List<Ros1BagDefinition> Definitions { get; } = [];

    public List<DataLoss> Losses { get; } = [];

    public ReadOnlySpan<byte> Stored => stored.AsSpan(0, StoredBytes);

    public ReadOnlySpan<byte> Records => records.AsSpan(0, RecordBytes);

    /// <summary>Bytes that the block holds on to between uses.</summary>
    public long HeldBytes => stored.Length + (long)records.Length + messages.Length * MessageBytes;

    /// <summary>Bytes that the block holds until it is handed out; a reference is about as large as the smallest message record.</summary>
    public long Cost => StoredBytes + (IsPending ? 2L : 1) * RecordBytes + Count * MessageBytes;

    private static long MessageBytes => System.Runtime.CompilerServices.Unsafe.SizeOf<MessageRef>();

    public Memory<byte> StoredBuffer(int bytes) => Grow(ref stored, bytes);

    public Memory<byte> RecordsBuffer(int bytes) => Grow(ref records, bytes);

    public void Add(in MessageRef message)
    {
        if (Count == messages.Length) Array.Resize(ref messages, Count * 2);
        messages[Count++] = message;
    }

    public void Truncate(int count) => Count = count;

    public void AddLoss(string code, long offset, long bytes, string expected, string found) => Losses.Add(new DataLoss(code, offset, bytes, expected, found));

    public MessageBlock ToBlock()
    {
        block.Data = records.AsMemory(0, RecordBytes);
        block.Messages = messages.AsMemory(0, Count);
        return block;
    }

    public void Clear()
    {
        Count = StoredBytes = RecordBytes = ClaimedBytes = 0;
        ChunkPosition = RecordsPosition = -1;
        EndPosition = 0;
        IsPending = false;
        Definitions.Clear();
        Losses.Clear();
    }

    public void Release()
    {
        SourceWindow.Release(stored);
        SourceWindow.Release(records);
        stored = records = [];
        messages = new MessageRef[256];
    }

    private static Memory<byte> Grow(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes)
        {
            SourceWindow.Release(buffer);
            buffer = [];
            buffer = SourceWindow.Rent(bytes);
        }

        return buffer.AsMemory(0, bytes);
    }
}
