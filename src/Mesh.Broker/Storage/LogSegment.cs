using System.Runtime.CompilerServices;
using Mesh.Broker.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Broker.Storage;

/// <summary>
/// One file of a partition's log, named by its first offset. An index file beside it means that the segment was synchronised to the
/// disk when it had the length the index states; only a segment without one, or of another length, is read through when the log opens.
/// </summary>
internal sealed class LogSegment : IDisposable
{
    private const int HintSlots = 32;

    private string path;
    private readonly LogSettings settings;
    private readonly SafeFileHandle file;
    private readonly Lock indexLock = new();
    private List<IndexEntry>? index;
    private long size;
    private bool indexOnDisk;

    private bool indexUsed;

    // Where readers stopped, by the offset they go on from: a sequential read needs no search, however many readers there are.
    private long[]? hints;

    private LogSegment(string path, long baseOffset, LogSettings settings, SafeFileHandle file)
    {
        this.path = path;
        this.settings = settings;
        this.file = file;
        BaseOffset = baseOffset;
        NextOffset = baseOffset;
        CreatedMs = settings.NowMs;
    }

    /// <summary>Offset of the first record, and the file's name.</summary>
    public long BaseOffset { get; }

    /// <summary>Offset after the last record.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Largest timestamp of a record; -1 while empty.</summary>
    public long MaxTimestamp { get; private set; } = -1;

    /// <summary>First offset of the batch with the largest timestamp.</summary>
    public long MaxTimestampOffset { get; private set; } = -1;

    /// <summary>Bytes of intact batches; what lies beyond is not part of the log.</summary>
    public long Size => Volatile.Read(ref size);

    /// <summary>When the segment was begun.</summary>
    public long CreatedMs { get; private set; }

    /// <summary>Synchronising failed once: the segment never again counts as on the disk, and the next start reads it through.</summary>
    public bool SyncFailed { get; private set; }

    public SafeFileHandle File => file;

    public static string NameOf(long baseOffset) => $"{baseOffset:D20}.log";

    public static LogSegment Create(string folder, long baseOffset, LogSettings settings)
    {
        string path = Path.Combine(folder, NameOf(baseOffset));
        return new LogSegment(path, baseOffset, settings, Open(path, FileMode.CreateNew)) { index = [] };
    }

    /// <summary>A segment under a name that is no part of the log yet.</summary>
    public static LogSegment CreateCleaned(string folder, long baseOffset, long createdMs, LogSettings settings)
    {
        string path = Path.Combine(folder, NameOf(baseOffset) + SegmentSwap.CleanedSuffix);
        return new LogSegment(path, baseOffset, settings, Open(path, FileMode.Create)) { index = [], CreatedMs = createdMs };
    }

    /// <summary>Opens an existing segment and cuts off what is not intact.</summary>
    /// <returns>The segment and the number of bytes cut off.</returns>
    public static async ValueTask<(LogSegment Segment, long LostBytes)> OpenAsync(string path, LogSettings settings)
    {
        long baseOffset = long.Parse(Path.GetFileNameWithoutExtension(path), System.Globalization.CultureInfo.InvariantCulture);
        var segment = new LogSegment(path, baseOffset, settings, Open(path, FileMode.Open));
        try
        {
            // A copy is created late, but many keep the time of the last write.
            segment.CreatedMs = Math.Min(segment.CreatedMs, Math.Min(Milliseconds(System.IO.File.GetCreationTimeUtc(path)), Milliseconds(System.IO.File.GetLastWriteTimeUtc(path))));
            long length = RandomAccess.GetLength(segment.file);
            if (SegmentIndex.ReadSummary(segment.IndexPath) is { } summary && summary.LogBytes == length)
            {
                segment.size = length;
                segment.NextOffset = summary.NextOffset;
                segment.MaxTimestamp = summary.MaxTimestamp;
                segment.MaxTimestampOffset = summary.MaxTimestampOffset;
                segment.CreatedMs = Math.Min(segment.CreatedMs, summary.CreatedMs);
                segment.indexOnDisk = true;
                return (segment, 0);
            }

            segment.RemoveIndexFile();
            segment.index = [];
            BatchScanner.Scan(segment.file, 0, length, baseOffset, checkCrc: true, (header, _) =>
            {
                segment.Account(header);
                return true;
            });
            if (segment.size < length) RandomAccess.SetLength(segment.file, segment.size);
            return (segment, length - segment.size);
        }
        catch
        {
            segment.Dispose();
            throw;
        }
    }

    /// <summary>Writes a batch at the end. After a failure the file may be longer than <see cref="Size"/>, which the next append overwrites.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> batch, RecordBatchHeader header)
    {
        if (indexOnDisk) RemoveIndexFile();
        try
        {
            await settings.Write(file, batch, size).ConfigureAwait(false);
        }
        catch (IOException)
        {
            CutToSize();
            throw;
        }

        Account(header);
    }

    /// <summary>Synchronises to the disk.</summary>
    public void Sync()
    {
        // After a failure the kernel may have dropped the pages, and a second call would claim success for them.
        if (SyncFailed) throw new IOException($"{path} could not be synchronised before.");
        try
        {
            settings.Sync(file);
        }
        catch (IOException)
        {
            SyncFailed = true;
            throw;
        }
    }

    /// <summary>Synchronises to the disk and leaves the index beside the log, so that the segment is not read through again.</summary>
    public async ValueTask SealAsync()
    {
        if (indexOnDisk || SyncFailed) return;

        // A failed append may have left bytes beyond the last batch.
        RandomAccess.SetLength(file, size);
        Sync();
        var entries = LoadIndex();
        await SegmentIndex.WriteAsync(IndexPath, new SegmentIndex.Summary(size, NextOffset, MaxTimestamp, MaxTimestampOffset, CreatedMs), entries).ConfigureAwait(false);
        indexOnDisk = true;
    }

    /// <summary>Frees the index of a closed segment that nobody searched since the last call.</summary>
    public void ReleaseIndex()
    {
        lock (indexLock)
        {
            if (indexOnDisk && !indexUsed) index = null;
            indexUsed = false;
        }
    }

    /// <summary>Gives the file, and the index beside it, the name of a segment of the log.</summary>
    public void MoveInto(string folder)
    {
        string target = Path.Combine(folder, NameOf(BaseOffset));
        string targetIndex = Path.ChangeExtension(target, ".index");

        // Without its index the file under the old name is read through, whichever of the two a crash leaves there.
        System.IO.File.Delete(targetIndex);
        System.IO.File.Move(path, target, overwrite: true);
        string besides = IndexPath;
        path = target;
        try
        {
            System.IO.File.Move(besides, targetIndex, overwrite: true);
        }
        catch (IOException)
        {
            indexOnDisk = false;
        }
    }

    /// <summary>Cuts off what lies from a position on.</summary>
    public void Cut(long position)
    {
        RandomAccess.SetLength(file, position);
        RemoveIndexFile();
    }

    /// <summary>Position of the batch that holds an offset, or of the first one after it; <see cref="Size"/> when there is none.</summary>
    public long Locate(long offset)
    {
        if (Hint(offset) is { } known) return known;

        long limit = Size;
        if (offset >= NextOffset) return limit;
        long from = Nearest(entry => entry.Offset <= offset).Position;
        return BatchScanner.Scan(file, from, limit, 0, checkCrc: false, (header, _) => header.LastOffset < offset);
    }

    /// <summary>
    /// Where a read of at most so many bytes ends, between two batches: at an indexed batch, which needs no reading, or else as far as the
    /// batches' headers reach.
    /// </summary>
    /// <param name="from">Position of a batch, with more than <paramref name="maxBytes"/> behind it.</param>
    /// <param name="maxBytes">Most bytes.</param>
    /// <param name="firstWhole">Whether the first batch counts even when it is larger.</param>
    /// <returns>Position, and offset of the next batch.</returns>
    public (long Position, long Offset) Boundary(long from, int maxBytes, bool firstWhole)
    {
        long limit = from + maxBytes;
        var indexed = Nearest(entry => entry.Position <= limit);
        if (indexed.Position > from) return (indexed.Position, indexed.Offset);

        long next = -1;
        bool first = firstWhole;
        long stop = BatchScanner.Scan(file, from, Size, 0, checkCrc: false, (header, position) =>
        {
            if (position + header.TotalBytes > limit && !first) return false;
            first = false;
            next = header.NextOffset;
            return true;
        });
        return (stop, next);
    }

    /// <summary>Remembers where a reader will go on.</summary>
    public void Remember(long nextOffset, long position)
    {
        lock (indexLock)
        {
            hints ??= NoHints();
            int slot = Slot(nextOffset);
            hints[slot] = nextOffset;
            hints[slot + 1] = position;
        }
    }

    /// <summary>The first batch from an offset on with a record at or after a time.</summary>
    public (RecordBatchHeader Header, long Position)? FindByTime(long timestampMs, long minOffset)
    {
        if (MaxTimestamp < timestampMs) return null;
        (RecordBatchHeader, long)? found = null;
        long from = Nearest(entry => entry.MaxTimestampBefore < timestampMs).Position;
        BatchScanner.Scan(file, from, Size, 0, checkCrc: false, (header, position) =>
        {
            if (header.MaxTimestamp < timestampMs || header.LastOffset < minOffset || header.IsControl || header.RecordCount == 0) return true;
            found = (header, position);
            return false;
        });
        return found;
    }

    /// <summary>Removes the segment from the disk.</summary>
    public void Delete()
    {
        Dispose();
        System.IO.File.Delete(path);
        System.IO.File.Delete(IndexPath);
    }

    /// <summary>Takes the segment out of the log without destroying it.</summary>
    public void SetAside()
    {
        Dispose();
        System.IO.File.Move(path, path + ".set-aside", overwrite: true);
        System.IO.File.Delete(IndexPath);
    }

    public void Dispose() => file.Dispose();

    private string IndexPath => Path.ChangeExtension(path, ".index");

    private static SafeFileHandle Open(string path, FileMode mode) =>
        System.IO.File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);

    private static long Milliseconds(DateTime time) => new DateTimeOffset(time).ToUnixTimeMilliseconds();

    private static int Slot(long offset) => (int)((ulong)offset * 0x9E3779B97F4A7C15 >> 59) * 2;

    private static long[] NoHints()
    {
        long[] none = new long[HintSlots * 2];
        Array.Fill(none, -1);
        return none;
    }

    private long? Hint(long offset)
    {
        lock (indexLock)
        {
            int slot = Slot(offset);
            return hints is { } known && known[slot] == offset ? known[slot + 1] : null;
        }
    }

    private void CutToSize()
    {
        try
        {
            RandomAccess.SetLength(file, size);
        }
        catch (IOException)
        {
            // The next append overwrites what is left, or the next start cuts it off.
        }
    }

    private void RemoveIndexFile()
    {
        System.IO.File.Delete(IndexPath);
        indexOnDisk = false;
    }

    private void Account(in RecordBatchHeader header)
    {
        lock (indexLock)
        {
            if (index is { } entries && (entries.Count == 0 || size - entries[^1].Position >= settings.IndexIntervalBytes))
            {
                entries.Add(new IndexEntry(header.BaseOffset, size, MaxTimestamp));
            }
        }

        if (header.MaxTimestamp > MaxTimestamp)
        {
            MaxTimestamp = header.MaxTimestamp;
            MaxTimestampOffset = header.BaseOffset;
        }

        NextOffset = header.NextOffset;
        Volatile.Write(ref size, size + header.TotalBytes);
    }

    /// <summary>The last entry that satisfies a condition which holds up to some entry and not after it.</summary>
    private IndexEntry Nearest(Func<IndexEntry, bool> holds)
    {
        var entries = LoadIndex();
        lock (indexLock)
        {
            int low = 0, high = entries.Count - 1;
            IndexEntry nearest = default;
            while (low <= high)
            {
                int middle = (low + high) / 2;
                if (holds(entries[middle]))
                {
                    nearest = entries[middle];
                    low = middle + 1;
                }
                else
                {
                    high = middle - 1;
                }
            }

            return nearest;
        }
    }

    /// <summary>Loads the index of a closed segment at its first use, or makes it again from the log when the file does not hold.</summary>
    private List<IndexEntry> LoadIndex()
    {
        lock (indexLock)
        {
            indexUsed = true;
            if (index is { } loaded) return loaded;
        }

        var entries = SegmentIndex.ReadEntries(IndexPath);
        if (entries is null)
        {
            var rebuilt = new List<IndexEntry>();
            long maxTimestamp = -1;
            BatchScanner.Scan(file, 0, Size, BaseOffset, checkCrc: false, (header, position) =>
            {
                if (rebuilt.Count == 0 || position - rebuilt[^1].Position >= settings.IndexIntervalBytes)
                {
                    rebuilt.Add(new IndexEntry(header.BaseOffset, position, maxTimestamp));
                }

                maxTimestamp = Math.Max(maxTimestamp, header.MaxTimestamp);
                return true;
            });
            entries = rebuilt;
        }

        lock (indexLock) return index ??= entries;
    }
}
