using Mesh.Broker.Access;
using Mesh.Broker.Groups;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Hands in the leader's assignment and hands out each member's part of it.</summary>
internal sealed class SyncGroupApi(BrokerState broker) : Api(ApiKey.SyncGroup, 0, 5, flexibleFrom: 4)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        string groupId = request.String();
        int generation = request.Int32();
        string memberId = request.String();
        string? instanceId = version >= 3 ? request.NullableString() : null;
        string? protocolType = version >= 5 ? request.NullableString() : null;
        string? protocol = version >= 5 ? request.NullableString() : null;
        var assignments = request.Array(static reader =>
        {
            var assignment = (reader.String(), reader.Bytes().ToArray());
            reader.Tags();
            return assignment;
        });
        request.Tags();

        var answer = !broker.Authoriser.AllowsGroup(context.Principal, AclOperation.Read, groupId)
            ? SyncAnswer.Failed(ErrorCode.GroupAuthorizationFailed)
            : broker.Groups.Find(groupId) is { } group
            ? await group.SyncAsync(memberId, instanceId, generation, protocolType, protocol, assignments).WaitAsync(context.Disconnected).ConfigureAwait(false)
            : SyncAnswer.Failed(ErrorCode.UnknownMemberId);
        if (version >= 1) response.Int32(0);
        response.Error(answer.Error);
        if (version >= 5)
        {
            response.NullableString(answer.ProtocolType);
            response.NullableString(answer.Protocol);
        }

        response.Bytes(answer.Assignment);
        response.Tags();
    }
}
