namespace Mesh.Broker.Storage;

/// <summary>How one partition's log behaves.</summary>
internal sealed record LogSettings
{
    public long SegmentBytes { get; init; } = 256L << 20;

    /// <summary>Distance of index entries, in bytes of log.</summary>
    public int IndexIntervalBytes { get; init; } = 64 << 10;

    public FlushPolicy Flush { get; init; } = FlushPolicy.PageCache;

    /// <summary>Largest total size before old segments go, in bytes; null for no limit.</summary>
    public long? RetentionBytes { get; init; }

    /// <summary>Age of the newest record at which a segment goes; null for no limit.</summary>
    public TimeSpan? Retention { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How bytes reach a file; replaced by tests that let the disk fill up.</summary>
    public Func<Microsoft.Win32.SafeHandles.SafeFileHandle, ReadOnlyMemory<byte>, long, ValueTask> Write { get; init; } =
        static (file, bytes, position) => RandomAccess.WriteAsync(file, bytes, position);
}
