using Mesh.Broker.Protocol;

namespace Mesh.Broker.Groups;

/// <summary>A way of assigning partitions that a member supports, with the subscription it would use for it.</summary>
internal sealed record JoinProtocol(string Name, byte[] Metadata);

/// <summary>A request to join, freed from its wire form.</summary>
internal sealed record JoinRequest(string MemberId, string? InstanceId, string ProtocolType, IReadOnlyList<JoinProtocol> Protocols)
{
    public required TimeSpan SessionTimeout { get; init; }
    public required TimeSpan RebalanceTimeout { get; init; }
    public required string ClientId { get; init; }
    public required string ClientHost { get; init; }

    /// <summary>From version 4 on a newcomer is given its id first and joins with it (KIP-394).</summary>
    public required bool MemberIdFirst { get; init; }
}

internal sealed record JoinMember(string Id, string? InstanceId, byte[] Metadata);

internal sealed record JoinAnswer(ErrorCode Error, int Generation, string? ProtocolType, string? Protocol, string Leader, string MemberId, IReadOnlyList<JoinMember> Members)
{
    public static JoinAnswer Failed(ErrorCode error, string memberId) => new(error, -1, null, null, "", memberId, []);
}

internal sealed record SyncAnswer(ErrorCode Error, string? ProtocolType, string? Protocol, byte[] Assignment)
{
    public static SyncAnswer Failed(ErrorCode error) => new(error, null, null, []);
}

/// <summary>A group as DescribeGroups shows it.</summary>
internal sealed record GroupDescription(string State, string ProtocolType, string Protocol, IReadOnlyList<GroupMemberDescription> Members);

internal sealed record GroupMemberDescription(string Id, string? InstanceId, string ClientId, string ClientHost, byte[] Metadata, byte[] Assignment);
