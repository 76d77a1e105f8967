using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Keeps a member in its group and tells it about rebalances.</summary>
internal sealed class HeartbeatApi(BrokerState broker) : Api(ApiKey.Heartbeat, 0, 4, flexibleFrom: 4)
{
    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        string groupId = request.String();
        int generation = request.Int32();
        string memberId = request.String();
        string? instanceId = context.Version >= 3 ? request.NullableString() : null;
        request.Tags();

        if (context.Version >= 1) response.Int32(0);
        response.Error(!broker.Authoriser.AllowsGroup(context.Principal, AclOperation.Read, groupId)
            ? ErrorCode.GroupAuthorizationFailed
            : broker.Groups.Find(groupId)?.Heartbeat(memberId, instanceId, generation) ?? ErrorCode.UnknownMemberId);
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
