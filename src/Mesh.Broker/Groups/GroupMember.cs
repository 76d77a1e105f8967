namespace Mesh.Broker.Groups;

/// <summary>A member of a consumer group as it described itself when it joined.</summary>
internal sealed class GroupMember(string id, string? instanceId) : IDisposable
{
    public string Id { get; set; } = id;

    /// <summary>Static membership (KIP-345); null for a dynamic member.</summary>
    public string? InstanceId { get; } = instanceId;

    public string ClientId { get; set; } = "";
    public string ClientHost { get; set; } = "";
    public TimeSpan SessionTimeout { get; set; }
    public TimeSpan RebalanceTimeout { get; set; }
    public IReadOnlyList<JoinProtocol> Protocols { get; set; } = [];
    public byte[] Assignment { get; set; } = [];

    /// <summary>The answer a parked JoinGroup waits for.</summary>
    public TaskCompletionSource<JoinAnswer>? Join { get; set; }

    /// <summary>The answer a parked SyncGroup waits for.</summary>
    public TaskCompletionSource<SyncAnswer>? Sync { get; set; }

    /// <summary>Whether nothing is left for it to fetch in this generation; who does not fetch its assignment in time is removed.</summary>
    public bool IsSynced { get; set; }

    /// <summary>When the member counts as gone, in ticks of the group's clock.</summary>
    public long Deadline { get; set; }

    public ITimer? Timer { get; set; }

    public byte[] MetadataFor(string? protocol)
    {
        foreach (var candidate in Protocols)
        {
            if (candidate.Name == protocol) return candidate.Metadata;
        }

        return [];
    }

    public void Dispose() => Timer?.Dispose();
}
