namespace Mesh.Commands.Recordings;

/// <summary>How much of the inputs has been read; safe to look at while it grows.</summary>
public sealed class ReadProgress
{
    private long total;
    private long read;

    /// <summary>Bytes of all inputs opened so far.</summary>
    public long TotalBytes => Interlocked.Read(ref total);

    /// <summary>Bytes read so far, never more than <see cref="TotalBytes"/>; indexes may be read twice.</summary>
    public long ReadBytes => Math.Min(Interlocked.Read(ref read), TotalBytes);

    internal void AddInput(long bytes) => Interlocked.Add(ref total, bytes);

    internal void Advance(long bytes) => Interlocked.Add(ref read, bytes);
}
