using Mesh.Broker.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Broker.Storage;

/// <summary>How one partition's log behaves.</summary>
internal sealed record LogSettings
{
    /// <summary>How many times the largest batch its records may be once they are decompressed.</summary>
    public const int MaxExpansion = 16;

    public long SegmentBytes { get; init; } = 256L << 20;

    /// <summary>Age at which a segment is closed.</summary>
    public TimeSpan SegmentAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Distance of index entries, in bytes of log.</summary>
    public int IndexIntervalBytes { get; init; } = 64 << 10;

    public FlushPolicy Flush { get; init; } = FlushPolicy.PageCache;

    /// <summary>Longest time until an append that nobody waits for is synchronised; <see cref="TimeSpan.MaxValue"/> leaves it to the system.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.MaxValue;

    /// <summary>Whether retention by age and size applies.</summary>
    public bool Delete { get; init; } = true;

    /// <summary>Largest total size before old segments go, in bytes; null for no limit.</summary>
    public long? RetentionBytes { get; init; }

    /// <summary>Age of the newest record at which a segment goes; null for no limit.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Largest batch a client may append, in bytes.</summary>
    public int MaxMessageBytes { get; init; } = int.MaxValue;

    /// <summary>Compression that every batch has in the log, by its number in a batch's attributes; null leaves what the producer chose.</summary>
    public int? Codec { get; init; }

    /// <summary>Largest records of one batch once they are decompressed, in bytes: a small batch that expands without end would fill the memory.</summary>
    public int MaxExpandedBytes => (int)Math.Min((long)MaxMessageBytes * MaxExpansion, RecordCompression.MaxBytes);

    /// <summary>Whether records get the time of the append instead of the producer's.</summary>
    public bool LogAppendTime { get; init; }

    /// <summary>How far a batch's timestamps may be behind the clock; <see cref="TimeSpan.MaxValue"/> for no limit.</summary>
    public TimeSpan MaxTimestampBehind { get; init; } = TimeSpan.MaxValue;

    /// <summary>How far a batch's timestamps may be ahead of the clock; <see cref="TimeSpan.MaxValue"/> for no limit.</summary>
    public TimeSpan MaxTimestampAhead { get; init; } = TimeSpan.MaxValue;

    /// <summary>Whether only the last record of each key is kept.</summary>
    public bool Compact { get; init; }

    /// <summary>Age below which records are not compacted.</summary>
    public TimeSpan MinCompactionLag { get; init; }

    /// <summary>Age at which records are compacted whatever <see cref="MinDirtyRatio"/> says.</summary>
    public TimeSpan MaxCompactionLag { get; init; } = TimeSpan.MaxValue;

    /// <summary>How long a tombstone stays after it was first compacted.</summary>
    public TimeSpan DeleteRetention { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Share of bytes not compacted yet at which compaction begins.</summary>
    public double MinDirtyRatio { get; init; } = 0.5;

    /// <summary>Memory for the keys of one compaction pass, in bytes; more keys take more passes.</summary>
    public int CompactionMemoryBytes { get; init; } = 32 << 20;

    /// <summary>Silence after which an idempotent producer is forgotten.</summary>
    public TimeSpan ProducerExpiry { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Smallest leader epoch that new batches carry.</summary>
    public int LeaderEpoch { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How bytes reach a file's pages in memory; replaced by tests that let the disk fill up.</summary>
    public Func<SafeFileHandle, ReadOnlyMemory<byte>, long, ValueTask> Write { get; init; } = static (file, bytes, position) =>
    {
        // An asynchronous write would make the same call on another thread, and getting there takes longer than copying.
        RandomAccess.Write(file, bytes.Span, position);
        return ValueTask.CompletedTask;
    };

    /// <summary>How a file reaches the disk; replaced by tests that let it fail.</summary>
    public Action<SafeFileHandle> Sync { get; init; } = FileSync.Flush;

    /// <summary>Called between the steps that put a compacted segment in place; replaced by tests that let the process die there.</summary>
    public Action Step { get; init; } = static () => { };

    /// <summary>The time now, in milliseconds since 1970.</summary>
    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
