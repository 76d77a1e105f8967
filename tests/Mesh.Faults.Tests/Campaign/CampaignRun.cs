using Mesh.Kafka;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>What faults need of the run that they are part of.</summary>
internal sealed record CampaignRun(Oracle Oracle, CampaignServer Server, Sampler Sampler, CampaignPlace Place)
{
    private readonly AsyncLocal<Random> random = new();

    /// <summary>Of the fault that asks: faults that strike together do not change what each other draws.</summary>
    public Random Random => random.Value!;


    /// <summary>The event log as a client of the server's sees it, with nothing between.</summary>
    public required Func<KafkaOptions> Kafka { get; init; }

    /// <summary>Gives the present fault its own random numbers.</summary>
    public void Seed(int seed) => random.Value = new Random(seed);

    /// <summary>A moment between two bounds.</summary>
    public TimeSpan Between(int fromMs, int toMs) => TimeSpan.FromMilliseconds(Random.Next(fromMs, toMs));
}
