using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mesh.Broker.Access;
using Mesh.Broker.Groups;
using Mesh.Broker.Network;
using Mesh.Broker.Storage;
using Mesh.Broker.Transactions;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker;

/// <summary>A durable single-node broker that speaks Kafka's wire protocol, inside the process.</summary>
public sealed class KafkaBroker : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly Listener listener;
    private readonly FileStream folderLock;
    private readonly Lock stopLock = new();
    private Task? stopped;

    private KafkaBroker(BrokerState state, Listener listener, FileStream folderLock)
    {
        State = state;
        this.listener = listener;
        this.folderLock = folderLock;
    }

    /// <summary>Port it listens on.</summary>
    public int Port => State.Port;

    /// <summary>Address for clients' <c>bootstrap.servers</c>.</summary>
    public string Bootstrap => State.Host.Contains(':') ? $"[{State.Host}]:{Port}" : $"{State.Host}:{Port}";

    internal BrokerState State { get; }

    /// <summary>Opens the data folder, recovers what a crash left, and listens.</summary>
    /// <param name="options">How.</param>
    /// <param name="logger">Takes the broker's log.</param>
    /// <param name="timeProvider">Clock of timestamps, timeouts and waits.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="MeshException">
    /// <c>MESH7001</c> listening beyond loopback without TLS and users; <c>MESH7002</c> the port is taken; <c>MESH7003</c> another broker uses
    /// the folder, or it cannot be written; <c>MESH7004</c> its metadata is damaged; <c>MESH7020</c> the users file cannot be read.
    /// </exception>
    public static async Task<KafkaBroker> StartAsync(BrokerOptions options, ILogger logger, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        bool authenticates = options.Users.Count > 0 || options.UsersFile is not null || options.TlsClientAuthorities is not null;
        bool insecure = !IPAddress.IsLoopback(options.Listen) && (options.TlsCertificate is null || !authenticates);
        if (insecure && !options.AllowInsecure)
        {
            throw new MeshException("MESH7001", $"The broker will not listen on {options.Listen}, which other machines can reach, without TLS and users. Set `tls.certificate`, `tls.key` and `http.token` or `kafka.users`, or listen on 127.0.0.1; `kafka.allowInsecure: true` lets everybody on the network in.");
        }

        long started = timeProvider.GetTimestamp();
        FileStream? folderLock = null;
        Socket? socket = null;
        TopicStore? topics = null;
        OffsetStore? offsets = null;
        AclStore? acls = null;
        TransactionCoordinator? transactions = null;
        try
        {
            folderLock = LockFolder(options.DataFolder);
            socket = Listener.Bind(options);
            cancellationToken.ThrowIfCancellationRequested();
            topics = await TopicStore.OpenAsync(options, timeProvider, logger).ConfigureAwait(false);
            offsets = await OffsetStore.OpenAsync(Path.Combine(options.DataFolder, "groups"), options.Flush, timeProvider, logger).ConfigureAwait(false);
            var producerIds = ProducerIds.Open(options.DataFolder);
            var logs = topics;
            transactions = await TransactionCoordinator.OpenAsync(
                Path.Combine(options.DataFolder, "transactions"), options.Flush, new TransactionSettings(options.MaxTransactionTimeout, options.TransactionalIdExpiration),
                producerIds, partition => logs.FindPartition(partition.Topic, partition.Partition), offsets, timeProvider, logger).ConfigureAwait(false);
            foreach (var topic in topics.All)
            {
                for (int p = 0; p < topic.Partitions.Count; p++) await transactions.AbortUnknownAsync(new TopicPartition(topic.Name, p), topic.Partitions[p]).ConfigureAwait(false);
            }

            acls = await AclStore.OpenAsync(options.DataFolder).ConfigureAwait(false);
            var users = UserDirectory.Open(options.Users, options.UsersFile, options.DataFolder, timeProvider, logger);
            cancellationToken.ThrowIfCancellationRequested();
            var state = new BrokerState
            {
                Dynamic = topics.Dynamic,
                Topics = topics,
                Offsets = offsets,
                ProducerIds = producerIds,
                Groups = new GroupCoordinator(new GroupSettings(options.InitialRebalanceDelay, options.MaxGroupMembers, options.OffsetsRetention), offsets, timeProvider, logger),
                Transactions = transactions,
                Authoriser = new Authoriser(acls, options.SuperUsers, options.AllowWithoutAcl),
                Acls = acls,
                Users = users,
                ProduceQuota = new RateQuota(options.ProduceBytesPerSecond, timeProvider),
                FetchQuota = new RateQuota(options.FetchBytesPerSecond, timeProvider),
                Memory = new MemoryBudget(options.MaxBufferedBytes),
                Time = timeProvider,
                Logger = logger,
                Host = options.AdvertisedHost ?? (options.Listen.Equals(IPAddress.Any) || options.Listen.Equals(IPAddress.IPv6Any) ? Dns.GetHostName() : options.Listen.ToString()),
                Port = ((IPEndPoint)socket.LocalEndPoint!).Port,
            };
            state.RegisterApis();
            transactions.StartSweeping();
            state.Groups.StartSweeping();
            var broker = new KafkaBroker(state, Listener.Start(state, socket), folderLock);
            if (insecure) BrokerLog.ListensInsecurely(logger, broker.Bootstrap);
            BrokerLog.Started(logger, broker.Bootstrap, options.DataFolder, topics.All.Count(), topics.PartitionCount, (long)timeProvider.GetElapsedTime(started).TotalMilliseconds);
            return broker;
        }
        catch (Exception e)
        {
            acls?.Dispose();
            if (transactions is not null) await transactions.DisposeAsync().ConfigureAwait(false);
            if (offsets is not null) await offsets.DisposeAsync().ConfigureAwait(false);
            if (topics is not null) await topics.DisposeAsync().ConfigureAwait(false);
            socket?.Dispose();
            if (folderLock is not null) await folderLock.DisposeAsync().ConfigureAwait(false);
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new MeshException("MESH7003", $"The broker's data in {options.DataFolder} cannot be opened: {e.Message} Check the disk and the folder's permissions.", isTransient: e is IOException, innerException: e);
            }

            throw;
        }
    }

    /// <summary>Finishes the requests in progress, synchronises everything and closes; the next start reads no log through.</summary>
    public Task StopAsync()
    {
        lock (stopLock) return stopped ??= StopOnceAsync();
    }

    /// <summary>What the broker holds at this moment.</summary>
    public BrokerSnapshot Describe()
    {
        var topics = State.Topics.All.Select(topic => new TopicSnapshot(topic.Name, topic.IsInternal, [.. topic.Partitions.Select((log, p) =>
            new PartitionSnapshot(p, log.StartOffset, log.HighWatermark, log.SizeBytes))])).ToList();
        var groups = State.Groups.Ids.Select(id =>
        {
            var live = State.Groups.Describe(id);
            return new GroupSnapshot(id, live?.State ?? nameof(GroupState.Empty), live?.Members.Count ?? 0, [.. State.Offsets.OfGroup(id).Select(o =>
                new GroupOffsetSnapshot(o.Topic, o.Partition, o.Committed.Offset, State.Topics.FindPartition(o.Topic, o.Partition)?.HighWatermark))]);
        }).ToList();
        return new BrokerSnapshot(Bootstrap, State.Topics.ClusterId, listener.Connections, State.Memory.UsedBytes, topics, groups);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private async Task StopOnceAsync()
    {
        await State.Groups.DisposeAsync().ConfigureAwait(false);
        await listener.StopAsync(StopPatience).ConfigureAwait(false);
        await State.Transactions.DisposeAsync().ConfigureAwait(false);
        await State.Topics.DisposeAsync().ConfigureAwait(false);
        await State.Offsets.DisposeAsync().ConfigureAwait(false);
        State.ProducerIds.Dispose();
        State.Acls.Dispose();
        listener.Dispose();
        await folderLock.DisposeAsync().ConfigureAwait(false);
        BrokerLog.Stopped(State.Logger);
    }

    private static FileStream LockFolder(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new MeshException("MESH7003", $"Another broker uses {folder}. Stop it, or give this one a data folder of its own.", innerException: e);
        }
    }
}
