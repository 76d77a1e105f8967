using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Broker.Transactions;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Transactions;

/// <summary>A coordinator with two partitions, its own clock and a folder that survives it.</summary>
internal sealed class CoordinatorBench : IAsyncDisposable
{
    public static readonly TransactionSettings Settings = new(TimeSpan.FromMinutes(15), TimeSpan.FromDays(7));
    public static readonly TopicPartition First = new("t", 0);
    public static readonly TopicPartition Second = new("t", 1);

    private readonly TemporaryFolder folder = new();
    private readonly FlushPolicy flush;
    private ProducerIds ids = null!;

    private CoordinatorBench(FlushPolicy flush) => this.flush = flush;

    public SteppedTime Time { get; } = new();

    public Dictionary<TopicPartition, MarkerLog> Logs { get; } = new() { [First] = new(), [Second] = new() };

    public TransactionCoordinator Coordinator { get; private set; } = null!;

    public OffsetStore Offsets { get; private set; } = null!;

    public string TransactionsFile => folder["transactions", "transactions.log"];

    public static async Task<CoordinatorBench> OpenAsync(FlushPolicy flush = FlushPolicy.PageCache)
    {
        var bench = new CoordinatorBench(flush);
        await bench.OpenAgainAsync();
        return bench;
    }

    /// <summary>Goes on with what is in the files, as after a kill: nothing is closed in order.</summary>
    public async Task OpenAgainAsync()
    {
        ids = ProducerIds.Open(folder.Path);
        Offsets = await OffsetStore.OpenAsync(folder["groups"], flush, Time, NullLogger.Instance);
        Coordinator = await TransactionCoordinator.OpenAsync(folder["transactions"], flush, Settings, ids, partition => Logs.GetValueOrDefault(partition), Offsets, Time, NullLogger.Instance);
    }

    /// <summary>A producer whose transaction has both partitions and an offset of group g.</summary>
    public async Task<ProducerIdentity> BeginAsync(string id = "tx")
    {
        var producer = await Coordinator.InitAsync(id, TimeSpan.FromMinutes(1), -1, -1);
        producer.Error.ShouldBe(ErrorCode.None);
        (await Coordinator.AddPartitionsAsync(id, producer.ProducerId, producer.Epoch, [First, Second])).ShouldBe(ErrorCode.None);
        (await Coordinator.AddGroupAsync(id, producer.ProducerId, producer.Epoch, "g")).ShouldBe(ErrorCode.None);
        (await Offsets.PendAsync(producer.ProducerId, "g", [new OffsetChange("t", 0, new CommittedOffset(5, -1, null))])).ShouldBeTrue();
        return producer;
    }

    public async ValueTask DisposeAsync()
    {
        await Coordinator.DisposeAsync();
        await Offsets.DisposeAsync();
        ids.Dispose();
        folder.Dispose();
    }
}
