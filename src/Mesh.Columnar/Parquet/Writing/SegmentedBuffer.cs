using System.Buffers;

namespace Mesh.Columnar.Parquet;

/// <summary>Bytes that only grow at the end, in pooled segments so that growing copies nothing.</summary>
internal sealed class SegmentedBuffer
{
    private const int FirstSegmentBytes = 16 << 10;
    private const int LargestSegmentBytes = 1 << 20;
    private readonly List<(byte[] Bytes, int Used)> segments = [];

    public long Length { get; private set; }

    /// <summary>Bytes held.</summary>
    public long CapacityBytes { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (segments.Count == 0 || segments[^1].Used == segments[^1].Bytes.Length)
            {
                long size = Math.Clamp(CapacityBytes, FirstSegmentBytes, LargestSegmentBytes);
                segments.Add((ArrayPool<byte>.Shared.Rent((int)size), 0));
                CapacityBytes += segments[^1].Bytes.Length;
            }

            var (last, used) = segments[^1];
            int count = Math.Min(bytes.Length, last.Length - used);
            bytes[..count].CopyTo(last.AsSpan(used));
            segments[^1] = (last, used + count);
            bytes = bytes[count..];
        }
    }

    public async ValueTask CopyToAsync(Stream output, CancellationToken cancellationToken)
    {
        foreach (var (bytes, used) in segments) await output.WriteAsync(bytes.AsMemory(0, used), cancellationToken).ConfigureAwait(false);
    }

    public void Free()
    {
        foreach (var (bytes, _) in segments) ArrayPool<byte>.Shared.Return(bytes);
        segments.Clear();
        Length = 0;
        CapacityBytes = 0;
    }
}
