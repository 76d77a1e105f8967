using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
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
    private readonly CancellationTokenSource stopping = new();
    private Task upkeep = Task.CompletedTask;
    private int leaderEpoch;
    private readonly ConcurrentDictionary<string, Topic> topics = new(StringComparer.Ordinal);

    private TopicStore(BrokerOptions options, TimeProvider time, ILogger logger)
    {
        this.options = options;
        this.time = time;
        this.logger = logger;
    }

    /// <summary>What clients changed of the broker's settings.</summary>
    public DynamicSettings Dynamic { get; private set; } = null!;

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
            store.Dynamic = await DynamicSettings.OpenAsync(options).ConfigureAwait(false);
            store.leaderEpoch = await NextLeaderEpochAsync(options.DataFolder).ConfigureAwait(false);
            await store.LoadAsync().ConfigureAwait(false);
            store.upkeep = store.KeepUpAsync();
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
            if (TopicSettings.Validate(settings) is not null) return (ErrorCode.InvalidConfig, null);

            var logs = await CreateLogsAsync(name, 0, partitions, SettingsFor(settings)).ConfigureAwait(false);
            var topic = new Topic(name, Guid.NewGuid(), time.GetUtcNow(), settings, logs);
            await SaveOrCloseAsync([.. topics.Values, topic], logs).ConfigureAwait(false);
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

    /// <summary>Replaces a topic's settings, durably, and applies them to its logs; what is not named has its default again.</summary>
    public async ValueTask<ErrorCode> AlterSettingsAsync(string name, IReadOnlyDictionary<string, string> settings)
    {
        if (TopicSettings.Validate(settings) is not null) return ErrorCode.InvalidConfig;
        return await ChangeAsync(name, topic => ValueTask.FromResult((ErrorCode.None, topic with { Settings = settings }))).ConfigureAwait(false);
    }

    /// <summary>Changes a topic's settings, durably, seeing those that no other change comes in between with.</summary>
    /// <param name="name">Topic.</param>
    /// <param name="change">All settings it has afterwards, from those it has; null leaves them.</param>
    public ValueTask<ErrorCode> AlterSettingsAsync(string name, Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string>?> change) =>
        ChangeAsync(name, topic => ValueTask.FromResult(change(topic.Settings) is not { } settings || TopicSettings.Validate(settings) is not null
            ? (ErrorCode.InvalidConfig, topic)
            : (ErrorCode.None, topic with { Settings = settings })));

    /// <summary>Changes the broker's settings, durably, and applies them to all logs.</summary>
    /// <param name="change">All that clients set afterwards, from what they have set; null leaves them.</param>
    public async ValueTask<ErrorCode> AlterDefaultsAsync(Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string>?> change)
    {
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (change(Dynamic.Values) is not { } values) return ErrorCode.InvalidConfig;
            await Dynamic.ReplaceAsync(values).ConfigureAwait(false);
            foreach (var topic in topics.Values)
            {
                var settings = SettingsFor(topic.Settings);
                foreach (var log in topic.Partitions) log.Configure(settings);
            }

            return ErrorCode.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.AppendFailed(logger, options.DataFolder, e.Message);
            return ErrorCode.KafkaStorageError;
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Gives a topic more partitions, durably.</summary>
    /// <param name="name">Topic.</param>
    /// <param name="total">How many it has afterwards.</param>
    public ValueTask<ErrorCode> AddPartitionsAsync(string name, int total) => ChangeAsync(name, async topic =>
    {
        int present = topic.Partitions.Count;
        if (total <= present || PartitionCount + total - present > options.MaxPartitions) return (ErrorCode.InvalidPartitions, topic);
        var added = await CreateLogsAsync(name, present, total - present, SettingsFor(topic.Settings)).ConfigureAwait(false);
        return (ErrorCode.None, topic with { Partitions = [.. topic.Partitions, .. added] });
    });

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
        await stopping.CancelAsync().ConfigureAwait(false);
        await upkeep.ConfigureAwait(false);
        stopping.Dispose();
        foreach (var log in topics.Values.SelectMany(topic => topic.Partitions)) await log.DisposeAsync().ConfigureAwait(false);
    }

    private LogSettings SettingsFor(IReadOnlyDictionary<string, string> settings) => TopicSettings.Apply(options, time, WithDefaults(settings)) with { LeaderEpoch = leaderEpoch };

    private IReadOnlyDictionary<string, string> WithDefaults(IReadOnlyDictionary<string, string> settings)
    {
        if (Dynamic.TopicDefaults.Count == 0) return settings;
        var all = new Dictionary<string, string>(Dynamic.TopicDefaults, StringComparer.Ordinal);
        foreach (var (name, value) in settings) all[name] = value;
        return all;
    }

    /// <summary>Every start is a new epoch of all partitions: one file instead of one for each.</summary>
    private static async ValueTask<int> NextLeaderEpochAsync(string folder)
    {
        string path = Path.Combine(folder, "leader-epoch");
        int epoch = File.Exists(path) && int.TryParse(await File.ReadAllTextAsync(path).ConfigureAwait(false), NumberStyles.None, CultureInfo.InvariantCulture, out int last) ? last + 1 : 0;
        await AtomicFile.WriteAsync(path, Encoding.ASCII.GetBytes(epoch.ToString(CultureInfo.InvariantCulture)), CancellationToken.None).ConfigureAwait(false);
        return epoch;
    }

    /// <summary>Retention and compaction, also of topics that nobody writes to. Compaction may take long, and retention does not wait for it.</summary>
    private Task KeepUpAsync() => Task.WhenAll(
        RepeatAsync(static (log, _) => log.ApplyRetentionAsync()),
        RepeatAsync(static (log, cancellationToken) => log.CompactAsync(cancellationToken)));

    private async Task RepeatAsync(Func<IPartitionLog, CancellationToken, ValueTask> work)
    {
        using var timer = new PeriodicTimer(options.UpkeepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token).ConfigureAwait(false))
            {
                foreach (var log in topics.Values.SelectMany(topic => topic.Partitions))
                {
                    await work(log, stopping.Token).ConfigureAwait(false);
                    stopping.Token.ThrowIfCancellationRequested();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The store closes.
        }
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
            var logs = await OpenLogsAsync(entry.Name, 0, entry.Partitions, SettingsFor(entry.Settings)).ConfigureAwait(false);
            topics[entry.Name] = new Topic(entry.Name, entry.Id, entry.Created, entry.Settings, logs);
        }

        if (!File.Exists(MetadataPath)) await SaveAsync([]).ConfigureAwait(false);
        var known = topics.Values.SelectMany(topic => topic.Partitions.Select((_, p) => FolderOf(topic.Name, p))).ToHashSet(StringComparer.Ordinal);
        foreach (string folder in Directory.GetDirectories(TopicsFolder).Where(folder => !known.Contains(folder))) SetAside(folder);
        foreach (var log in topics.Values.SelectMany(topic => topic.Partitions)) await log.ApplyRetentionAsync().ConfigureAwait(false);
    }

    private async ValueTask<ErrorCode> ChangeAsync(string name, Func<Topic, ValueTask<(ErrorCode Error, Topic Changed)>> change)
    {
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!topics.TryGetValue(name, out var topic)) return ErrorCode.UnknownTopicOrPartition;
            var (error, changed) = await change(topic).ConfigureAwait(false);
            if (error != ErrorCode.None) return error;
            await SaveOrCloseAsync(topics.Values.Select(other => other == topic ? changed : other), changed.Partitions.Skip(topic.Partitions.Count)).ConfigureAwait(false);
            topics[name] = changed;
            foreach (var log in changed.Partitions) log.Configure(SettingsFor(changed.Settings));
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

    private async ValueTask<IPartitionLog[]> CreateLogsAsync(string topic, int first, int count, LogSettings settings)
    {
        for (int p = first; p < first + count; p++)
        {
            if (Directory.Exists(FolderOf(topic, p))) SetAside(FolderOf(topic, p));
        }

        return await OpenLogsAsync(topic, first, count, settings).ConfigureAwait(false);
    }

    private async ValueTask<IPartitionLog[]> OpenLogsAsync(string topic, int first, int count, LogSettings settings)
    {
        var logs = new List<IPartitionLog>(count);
        try
        {
            for (int p = first; p < first + count; p++) logs.Add(await PartitionLog.OpenAsync(FolderOf(topic, p), settings, logger).ConfigureAwait(false));
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

    /// <summary>Should the list not reach the disk, the logs that it would have added are no topic's: a later attempt sets their folders aside.</summary>
    private async ValueTask SaveOrCloseAsync(IEnumerable<Topic> list, IEnumerable<IPartitionLog> added)
    {
        try
        {
            await SaveAsync(list).ConfigureAwait(false);
        }
        catch
        {
            foreach (var log in added) await log.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

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
