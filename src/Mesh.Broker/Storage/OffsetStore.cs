using System.Buffers.Binary;
using Mesh.Broker.Protocol;
using Mesh.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Broker.Storage;

/// <summary>A consumer group's position in one partition.</summary>
internal readonly record struct CommittedOffset(long Offset, int LeaderEpoch, string? Metadata);

/// <summary>One position to commit; null forgets it.</summary>
internal readonly record struct OffsetChange(string Topic, int Partition, CommittedOffset? Committed);

/// <summary>
/// The groups' offsets in a log of their own: length, CRC-32C, content per entry. The file is written anew from memory on start, and
/// whenever most of it is history, so that its size follows the number of offsets and not of commits.
/// </summary>
internal sealed class OffsetStore : IAsyncDisposable
{
    private const int EntryPrefix = 8;
    private const long CompactAboveBytes = 4 << 20;

    private readonly string path;
    private readonly FlushPolicy flush;
    private readonly ILogger logger;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly Lock readLock = new();
    private readonly Dictionary<string, Dictionary<(string Topic, int Partition), CommittedOffset>> groups = new(StringComparer.Ordinal);
    private SafeFileHandle file = null!;
    private long length;
    private long compactedLength;

    private OffsetStore(string path, FlushPolicy flush, ILogger logger)
    {
        this.path = path;
        this.flush = flush;
        this.logger = logger;
    }

    public static async ValueTask<OffsetStore> OpenAsync(string folder, FlushPolicy flush, ILogger logger)
    {
        Directory.CreateDirectory(folder);
        var store = new OffsetStore(Path.Combine(folder, "offsets.log"), flush, logger);
        if (File.Exists(store.path)) store.Load(await File.ReadAllBytesAsync(store.path).ConfigureAwait(false));
        await store.CompactAsync().ConfigureAwait(false);
        return store;
    }

    /// <summary>Commits a group's offsets together: after a crash either all of them or none are there.</summary>
    /// <returns>False when they could not be written.</returns>
    public async ValueTask<bool> CommitAsync(string group, IReadOnlyList<OffsetChange> changes)
    {
        byte[] entry = Encode(group, changes);
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (length > CompactAboveBytes && length > 4 * compactedLength) await CompactAsync().ConfigureAwait(false);
            await RandomAccess.WriteAsync(file, entry, length).ConfigureAwait(false);
            if (flush == FlushPolicy.Fsync) RandomAccess.FlushToDisk(file);
            length += entry.Length;
            Apply(group, changes);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            BrokerLog.AppendFailed(logger, path, e.Message);
            return false;
        }
        finally
        {
            writing.Release();
        }
    }

    public CommittedOffset? Find(string group, string topic, int partition)
    {
        lock (readLock) return groups.TryGetValue(group, out var offsets) && offsets.TryGetValue((topic, partition), out var found) ? found : null;
    }

    public IReadOnlyList<(string Topic, int Partition, CommittedOffset Committed)> OfGroup(string group)
    {
        lock (readLock)
        {
            return groups.TryGetValue(group, out var offsets)
                ? [.. offsets.Select(pair => (pair.Key.Topic, pair.Key.Partition, pair.Value)).OrderBy(o => o.Topic, StringComparer.Ordinal).ThenBy(o => o.Partition)]
                : [];
        }
    }

    public IReadOnlyList<string> Groups
    {
        get
        {
            lock (readLock) return [.. groups.Keys];
        }
    }

    /// <summary>Forgets a deleted topic, lest a new one of its name start in the middle.</summary>
    public async ValueTask ForgetTopicAsync(string topic)
    {
        foreach (string group in Groups)
        {
            var gone = OfGroup(group).Where(o => o.Topic == topic).Select(o => new OffsetChange(topic, o.Partition, null)).ToList();
            if (gone.Count > 0) await CommitAsync(group, gone).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (file is not { IsClosed: false }) return;
            RandomAccess.FlushToDisk(file);
            file.Dispose();
        }
        catch (IOException e)
        {
            BrokerLog.AppendFailed(logger, path, e.Message);
        }
        finally
        {
            writing.Release();
        }
    }

    private void Load(byte[] bytes)
    {
        int position = 0;
        while (bytes.Length - position >= EntryPrefix)
        {
            int size = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(position));
            if (size <= 0 || size > bytes.Length - position - EntryPrefix) break;
            var content = bytes.AsSpan(position + EntryPrefix, size);
            if (Crc32C.Compute(content) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(position + 4))) break;
            Decode(content.ToArray());
            position += EntryPrefix + size;
        }

        if (position < bytes.Length) BrokerLog.DataLost(logger, bytes.Length - position, position, path, "not an intact entry");
    }

    private async ValueTask CompactAsync()
    {
        using var stream = new MemoryStream();
        lock (readLock)
        {
            foreach (var (group, offsets) in groups)
            {
                stream.Write(Encode(group, [.. offsets.Select(pair => new OffsetChange(pair.Key.Topic, pair.Key.Partition, pair.Value))]));
            }
        }

        await AtomicFile.WriteAsync(path, stream.GetBuffer().AsMemory(0, (int)stream.Length), CancellationToken.None).ConfigureAwait(false);
        file?.Dispose();
        file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous);
        length = compactedLength = stream.Length;
    }

    private void Apply(string group, IReadOnlyList<OffsetChange> changes)
    {
        lock (readLock)
        {
            if (!groups.TryGetValue(group, out var offsets)) groups[group] = offsets = [];
            foreach (var change in changes)
            {
                if (change.Committed is { } committed) offsets[(change.Topic, change.Partition)] = committed;
                else offsets.Remove((change.Topic, change.Partition));
            }

            if (offsets.Count == 0) groups.Remove(group);
        }
    }

    private static byte[] Encode(string group, IReadOnlyList<OffsetChange> changes)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(0L);
        writer.Write(group);
        writer.Write(changes.Count);
        foreach (var change in changes)
        {
            writer.Write(change.Topic);
            writer.Write(change.Partition);
            writer.Write(change.Committed is not null);
            if (change.Committed is not { } committed) continue;
            writer.Write(committed.Offset);
            writer.Write(committed.LeaderEpoch);
            writer.Write(committed.Metadata is not null);
            if (committed.Metadata is not null) writer.Write(committed.Metadata);
        }

        byte[] entry = stream.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(entry, entry.Length - EntryPrefix);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), Crc32C.Compute(entry.AsSpan(EntryPrefix)));
        return entry;
    }

    private void Decode(byte[] content)
    {
        using var reader = new BinaryReader(new MemoryStream(content));
        string group = reader.ReadString();
        var changes = new OffsetChange[reader.ReadInt32()];
        for (int i = 0; i < changes.Length; i++)
        {
            string topic = reader.ReadString();
            int partition = reader.ReadInt32();
            CommittedOffset? committed = reader.ReadBoolean()
                ? new CommittedOffset(reader.ReadInt64(), reader.ReadInt32(), reader.ReadBoolean() ? reader.ReadString() : null)
                : null;
            changes[i] = new OffsetChange(topic, partition, committed);
        }

        Apply(group, changes);
    }
}
