using System.Collections.Concurrent;
using System.Text.Json;
using Mesh.Broker.Protocol;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Storage;

/// <summary>
/// The topics of one data folder. <c>topics.json</c> is the truth about which exist; a partition's folder that it does not name is moved
/// aside, never deleted and never taken over by a new topic of the same name.
/// </summary>
internal sealed class TopicStore : IAsyncDisposable
{
    private readonly BrokerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly SemaphoreSlim changing = new(1, 1);
    private readonly ConcurrentDictionary<string, Topic> topics = new(StringComparer.Ordinal);

    private TopicStore(BrokerOptions options, TimeProvider time, ILogger logger)
    {
        this.options = options;
        this.time = time;
        this.logger = logger;
    }

    /// <summary>Identity of this data folder to clients.</summary>
    public string ClusterId { get; private set; } = "";

    public IEnumerable<Topic> All => topics.Values.OrderBy(topic => topic.Name, StringComparer.Ordinal);

    public int PartitionCount => topics.Values.Sum(topic => topic.Partitions.Count);

    private string MetadataPath => Path.Combine(options.DataFolder, "topics.json");

    private string TopicsFolder => Path.Combine(options.DataFolder, "topics");

    public static async ValueTask<TopicStore> OpenAsync(BrokerOptions options, TimeProvider time, ILogger logger)
    {
        var store = new TopicStore(options, time, logger);
        Directory.CreateDirectory(store.TopicsFolder);
        try
        {
            await store.LoadAsync().ConfigureAwait(false);
            return store;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Topic? Find(string name) => topics.GetValueOrDefault(name);

    public Topic? Find(Guid id) => topics.Values.FirstOrDefault(topic => topic.Id == id);

    public IPartitionLog? FindPartition(string topic, int partition) => Find(topic)?.Partition(partition);

    /// <summary>Creates a topic, durably.</summary>
    public async ValueTask<(ErrorCode Error, Topic? Topic)> CreateAsync(string name, int partitions, IReadOnlyDictionary<string, string> settings)
    {
        if (!Topic.IsValidName(name)) return (ErrorCode.InvalidTopic, null);
        if (partitions <= 0 || partitions > options.MaxPartitions) return (ErrorCode.InvalidPartitions, null);
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (topics.TryGetValue(name, out var existing)) return (ErrorCode.TopicAlreadyExists, existing);
            if (PartitionCount + partitions > options.MaxPartitions) return (ErrorCode.InvalidPartitions, null);
            if (SettingsFor(settings) is not { } logSettings) return (ErrorCode.InvalidConfig, null);

            for (int p = 0; p < partitions; p++)
            {
                if (Directory.Exists(FolderOf(name, p))) SetAside(FolderOf(name, p));
            }

            var topic = new Topic(name, Guid.NewGuid(), time.GetUtcNow(), settings, await OpenLogsAsync(name, partitions, logSettings).ConfigureAwait(false));
            await SaveAsync([.. topics.Values, topic]).ConfigureAwait(false);
            topics[name] = topic;
            BrokerLog.TopicCreated(logger, name, partitions);
            return (ErrorCode.None, topic);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.AppendFailed(logger, TopicsFolder, e.Message);
            return (ErrorCode.KafkaStorageError, null);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Deletes a topic and its data.</summary>
    public async ValueTask<ErrorCode> DeleteAsync(string name)
    {
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!topics.TryGetValue(name, out var topic)) return ErrorCode.UnknownTopicOrPartition;
            await SaveAsync(topics.Values.Where(other => other != topic)).ConfigureAwait(false);
            topics.TryRemove(name, out _);
            for (int p = 0; p < topic.Partitions.Count; p++)
            {
                await topic.Partitions[p].DisposeAsync().ConfigureAwait(false);
                Directory.Delete(FolderOf(name, p), recursive: true);
            }

            BrokerLog.TopicDeleted(logger, name);
            return ErrorCode.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.AppendFailed(logger, TopicsFolder, e.Message);
            return ErrorCode.KafkaStorageError;
        }
        finally
        {
            changing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var log in topics.Values.SelectMany(topic => topic.Partitions)) await log.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The log's settings for a topic's; null when one of them does not parse.</summary>
    private LogSettings? SettingsFor(IReadOnlyDictionary<string, string> settings)
    {
        var result = new LogSettings
        {
            SegmentBytes = options.SegmentBytes,
            Flush = options.Flush,
            Retention = options.Retention,
            RetentionBytes = options.RetentionBytes,
            Time = time,
        };
        foreach (var (key, text) in settings)
        {
            if (key is not ("retention.ms" or "retention.bytes" or "segment.bytes")) continue;
            if (!long.TryParse(text, out long value)) return null;
            switch (key)
            {
                case "retention.ms": result = result with { Retention = value < 0 ? null : TimeSpan.FromMilliseconds(Math.Min(value, TimeSpan.MaxValue.TotalMilliseconds / 2)) }; break;
                case "retention.bytes": result = result with { RetentionBytes = value < 0 ? null : value }; break;
                default:
                    if (value < 1024) return null;
                    result = result with { SegmentBytes = value };
                    break;
            }
        }

        return result;
    }

    private async ValueTask LoadAsync()
    {
        TopicsFile file;
        if (File.Exists(MetadataPath))
        {
            try
            {
                file = JsonSerializer.Deserialize<TopicsFile>(await File.ReadAllBytesAsync(MetadataPath).ConfigureAwait(false)) ?? throw new JsonException("empty");
            }
            catch (JsonException e)
            {
                throw new MeshException("MESH7004", $"{MetadataPath} cannot be read: {e.Message} Restore it from a backup; without it the broker does not know its topics.", innerException: e);
            }
        }
        else
        {
            file = new TopicsFile(Convert.ToBase64String(Guid.NewGuid().ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_'), []);
        }

        ClusterId = file.ClusterId;
        foreach (var entry in file.Topics)
        {
            var logs = await OpenLogsAsync(entry.Name, entry.Partitions, SettingsFor(entry.Settings) ?? new LogSettings()).ConfigureAwait(false);
            topics[entry.Name] = new Topic(entry.Name, entry.Id, entry.Created, entry.Settings, logs);
        }

        if (!File.Exists(MetadataPath)) await SaveAsync([]).ConfigureAwait(false);
        var known = topics.Values.SelectMany(topic => topic.Partitions.Select((_, p) => FolderOf(topic.Name, p))).ToHashSet(StringComparer.Ordinal);
        foreach (string folder in Directory.GetDirectories(TopicsFolder).Where(folder => !known.Contains(folder))) SetAside(folder);
        foreach (var log in topics.Values.SelectMany(topic => topic.Partitions)) await log.ApplyRetentionAsync().ConfigureAwait(false);
    }

    private async ValueTask<IPartitionLog[]> OpenLogsAsync(string topic, int partitions, LogSettings settings)
    {
        var logs = new List<IPartitionLog>(partitions);
        try
        {
            for (int p = 0; p < partitions; p++) logs.Add(await PartitionLog.OpenAsync(FolderOf(topic, p), settings, logger).ConfigureAwait(false));
            return [.. logs];
        }
        catch
        {
            foreach (var log in logs) await log.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private ValueTask SaveAsync(IEnumerable<Topic> list) => AtomicFile.WriteAsync(MetadataPath, JsonSerializer.SerializeToUtf8Bytes(
        new TopicsFile(ClusterId, [.. list.Select(topic => new TopicEntry(topic.Name, topic.Id, topic.Created, topic.Partitions.Count, topic.Settings))])), CancellationToken.None);

    private string FolderOf(string topic, int partition) => Path.Combine(TopicsFolder, $"{topic}-{partition}");

    private void SetAside(string folder)
    {
        string target = Path.Combine(options.DataFolder, "stray", $"{Path.GetFileName(folder)}.{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        Directory.Move(folder, target);
        BrokerLog.Stray(logger, folder, target);
    }

    private sealed record TopicsFile(string ClusterId, IReadOnlyList<TopicEntry> Topics);

    private sealed record TopicEntry(string Name, Guid Id, DateTimeOffset Created, int Partitions, IReadOnlyDictionary<string, string> Settings);
}
