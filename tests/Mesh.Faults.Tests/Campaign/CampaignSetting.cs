using Mesh.Kafka;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>What a campaign runs on, and which faults that makes possible.</summary>
internal abstract class CampaignSetting : IAsyncDisposable
{
    /// <summary>Where the data lies.</summary>
    public abstract CampaignPlace Place { get; }

    /// <summary>The server under test.</summary>
    public abstract CampaignServer Server { get; }

    /// <summary>Kinds that the oracle must have counted, beyond those of the vehicles.</summary>
    public abstract IReadOnlyList<string> Required { get; }

    /// <summary>The setting's own faults, for a run that has begun.</summary>
    public abstract IReadOnlyList<CampaignFault> Faults(CampaignRun run);

    /// <summary>The event log, past everything that can fail.</summary>
    public abstract KafkaOptions Kafka();

    /// <summary>Starts everything that is not the server.</summary>
    public abstract Task PrepareAsync();

    /// <summary>Ends what may still go on of faults.</summary>
    public virtual void Heal()
    {
    }

    /// <summary>What its proxies have counted so far.</summary>
    public virtual IEnumerable<KeyValuePair<string, int>> Occurred => [];

    public abstract ValueTask DisposeAsync();
}
