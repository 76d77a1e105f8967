using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Testing.Faults;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>F8: what the event log does at its worst, and F2: a group's offsets set back.</summary>
internal static class LogFaults
{
    private const string Group = "mesh.campaign";

    // Kafka's protocol, "Error codes".
    private const short NotLeader = 6, CoordinatorLoading = 14, CoordinatorNotAvailable = 15, NotCoordinator = 16, NotEnoughReplicas = 19, IllegalGeneration = 22, UnknownMember = 25,
        RebalanceInProgress = 27, OutOfOrderSequence = 45, InvalidProducerEpoch = 47;

    private static readonly (KafkaApi Api, short Error)[] Errors =
    [
        (KafkaApi.Heartbeat, NotCoordinator), (KafkaApi.Heartbeat, IllegalGeneration), (KafkaApi.Heartbeat, UnknownMember), (KafkaApi.Heartbeat, RebalanceInProgress),
        (KafkaApi.JoinGroup, NotCoordinator), (KafkaApi.JoinGroup, CoordinatorLoading), (KafkaApi.SyncGroup, RebalanceInProgress), (KafkaApi.FindCoordinator, CoordinatorNotAvailable),
        (KafkaApi.OffsetCommit, NotCoordinator), (KafkaApi.OffsetCommit, IllegalGeneration), (KafkaApi.OffsetCommit, RebalanceInProgress), (KafkaApi.OffsetCommit, UnknownMember),
        (KafkaApi.Produce, NotLeader), (KafkaApi.Produce, NotEnoughReplicas), (KafkaApi.Produce, OutOfOrderSequence), (KafkaApi.Produce, InvalidProducerEpoch),
        (KafkaApi.InitProducerId, CoordinatorLoading),
    ];

    private static readonly KafkaApi[] Apis =
        [KafkaApi.Produce, KafkaApi.Fetch, KafkaApi.OffsetCommit, KafkaApi.JoinGroup, KafkaApi.Heartbeat, KafkaApi.SyncGroup, KafkaApi.Metadata, KafkaApi.OffsetFetch];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static IReadOnlyList<CampaignFault> Of(CampaignRun run, KafkaFaultProxy proxy, BrokerProcess broker) =>
    [
        new("the log disconnects", () => ArmAsync(run, () => proxy.Arm(KafkaFault.Disconnect, Apis[run.Random.Next(Apis.Length)], run.Random.Next(1, 6)))),
        new("the log's answers are lost", () => ArmAsync(run, () =>
        {
            // Of what is asked all the time, whatever else it hits.
            proxy.Arm(KafkaFault.AnswerLost, KafkaApi.Produce, run.Random.Next(1, 6));
            proxy.Arm(KafkaFault.AnswerLost, Apis[run.Random.Next(Apis.Length)], run.Random.Next(1, 6));
        })),
        new("the log answers with errors", () => ArmAsync(run, () =>
        {
            for (int i = 0; i < 4; i++)
            {
                var (api, error) = Errors[run.Random.Next(Errors.Length)];
                proxy.Arm(KafkaFault.Error, api, run.Random.Next(1, 4), error);
            }
        })),
        new("the log is silent", async () =>
        {
            proxy.IsBlackhole = true;
            await Task.Delay(run.Between(1_000, 6_000), Stop);
            proxy.IsBlackhole = false;
        }),
        new("the broker is killed", async () =>
        {
            await broker.KillAsync();
            run.Oracle.Count("broker-killed");
            await Task.Delay(run.Between(0, 2_000), Stop);
            await broker.StartAsync();
        }),
        new("the broker is paused", async () =>
        {
            await broker.SignalAsync("STOP");
            await Task.Delay(run.Between(500, 5_000), Stop);
            await broker.SignalAsync("CONT");
        }),
        new("others join the group and leave it", () => RebalanceAsync(run)),
        new("the groups' offsets are set back", () => RewindAsync(run), IsExclusive: true),
    ];

    private static async Task ArmAsync(CampaignRun run, Action arm)
    {
        arm();
        await Task.Delay(run.Between(2_000, 6_000), Stop);
    }

    /// <summary>Another member takes partitions, reads, commits nothing and goes.</summary>
    private static async Task RebalanceAsync(CampaignRun run)
    {
        for (int times = run.Random.Next(1, 4); times > 0; times--)
        {
            await using var consumer = new EventConsumer<UploadAccepted>(run.Kafka(), Topics.Uploads, Group, NullLogger.Instance);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            patience.CancelAfter(run.Between(1_000, 4_000));
            try
            {
                await foreach (var _ in consumer.ReadAsync(patience.Token)) run.Oracle.Count("read-by-another-member");
            }
            catch (Exception exception) when (exception is OperationCanceledException or MeshException && !Stop.IsCancellationRequested)
            {
                // It has seen enough.
            }

            run.Oracle.Count("rebalance");
        }
    }

    private static async Task RewindAsync(CampaignRun run)
    {
        await run.Server.StopAsync();
        try
        {
            await run.Sampler.SettingBackAsync(() => SetBackAsync(run));
        }
        finally
        {
            await run.Server.StartAsync();
        }
    }

    private static async Task SetBackAsync(CampaignRun run)
    {
        await using var admin = new TopicAdmin(run.Kafka(), NullLogger.Instance);
        foreach (var group in await admin.ListGroupsAsync(Stop))
        {
            foreach (var topic in (await admin.DescribeGroupAsync(group.Name, Stop)).GroupBy(lag => lag.Topic))
            {
                // Never ahead of where any partition was: that would be to skip what nobody has read.
                long least = topic.Min(lag => Math.Max(0, lag.CommittedOffset));
                if (topic.Max(lag => lag.CommittedOffset) <= 0) continue;
                await admin.ResetOffsetsAsync(group.Name, topic.Key, TailStart.At(Math.Max(0, least - run.Random.Next(1, 20))), Stop);
                run.Oracle.Count("offset-rewound");
            }
        }
    }
}
