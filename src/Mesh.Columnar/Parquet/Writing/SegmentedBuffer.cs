using System.Buffers;

namespace Mesh.Columnar.Parquet;

/// <summary>Bytes that only grow at the end, in pooled segments so that growing copies nothing.</summary>
internal sealed class SegmentedBuffer
{
    private const int FirstSegmentBytes = 16 << 10;
    private const int LargestSegmentBytes = 1 << 20;
    private readonly List<Segment> segments = [];

    public long Length { get; private set; }

    /// <summary>Bytes held.</summary>
    public long CapacityBytes { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (segments.Count == 0 || segments[^1].Used == segments[^1].Memory.Length)
            {
                long size = Math.Clamp(CapacityBytes, FirstSegmentBytes, LargestSegmentBytes);
                byte[] array = ArrayPool<byte>.Shared.Rent((int)size);
                segments.Add(new Segment(array, null, array, 0));
                CapacityBytes += array.Length;
            }

            var last = segments[^1];
            int count = Math.Min(bytes.Length, last.Memory.Length - last.Used);
            bytes[..count].CopyTo(last.Memory.Span[last.Used..]);
            segments[^1] = last with { Used = last.Used + count };
            bytes = bytes[count..];
        }
    }

    /// <summary>Takes over the first <paramref name="used"/> bytes of a buffer, which is disposed with the rest.</summary>
    public void Append(LargeBuffer buffer, int used)
    {
        // No more is written behind them: the memory behind was never touched and so takes none.
        segments.Add(new Segment(null, buffer, buffer.Memory[..used], used));
        Length += used;
        CapacityBytes += used;
    }

    public async ValueTask CopyToAsync(Stream output, CancellationToken cancellationToken)
    {
        foreach (var segment in segments)
        {
            for (int at = 0; at < segment.Used; at += LargestSegmentBytes)
            {
                await output.WriteAsync(segment.Memory.Slice(at, Math.Min(LargestSegmentBytes, segment.Used - at)), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public void Free()
    {
        foreach (var segment in segments)
        {
            if (segment.Pooled is not null) ArrayPool<byte>.Shared.Return(segment.Pooled);
            segment.Large?.Dispose();
        }

        segments.Clear();
        Length = 0;
        CapacityBytes = 0;
    }

    private readonly record struct Segment(byte[]? Pooled, LargeBuffer? Large, Memory<byte> Memory, int Used);
}
