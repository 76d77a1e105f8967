using Mesh.Formats.Blocks;

namespace Mesh.Formats.Mcap;

/// <summary>Messages of several chunks copied next to each other, where their times alternate too quickly to hand out one chunk's after the other's.</summary>
internal sealed class McapMerge : IDisposable
{
    private readonly MessageRun run = new();
    private byte[] data = [];
    private int length;

    public int Count => run.Count;

    /// <summary>Bytes held, the list included.</summary>
    public long Bytes => length + (run.Count * (long)System.Runtime.CompilerServices.Unsafe.SizeOf<MessageRef>());

    public void Clear()
    {
        run.Clear();
        length = 0;
    }

    public void Add(in MessageRef message, ReadOnlySpan<byte> payload)
    {
        int needed = checked(length + payload.Length);
        if (needed > data.Length)
        {
            byte[] larger = SourceWindow.Rent((int)Math.Min(Array.MaxLength, Math.Max(64L << 10, Math.Max(needed, data.Length * 2L))));
            data.AsSpan(0, length).CopyTo(larger);
            SourceWindow.Release(data);
            data = larger;
        }

        payload.CopyTo(data.AsSpan(length));
        run.Add(message with { Offset = length });
        length = needed;
    }

    /// <summary>Messages of equal time stay as they were added.</summary>
    public void SortByLogTime() => run.SortByLogTime();

    public MessageBlock ToBlock() => run.ToBlock(data.AsMemory(0, length));

    public void Dispose()
    {
        SourceWindow.Release(data);
        data = [];
        Clear();
    }
}
