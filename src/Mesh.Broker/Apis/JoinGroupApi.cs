using Mesh.Broker.Access;
using Mesh.Broker.Groups;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Enters a group; answered when the new generation begins.</summary>
internal sealed class JoinGroupApi(BrokerState broker) : Api(ApiKey.JoinGroup, 0, 7, flexibleFrom: 6)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        string groupId = request.String();
        int sessionTimeoutMs = request.Int32();
        int rebalanceTimeoutMs = version >= 1 ? request.Int32() : sessionTimeoutMs;
        string memberId = request.String();
        string? instanceId = version >= 5 ? request.NullableString() : null;
        string protocolType = request.String();
        var protocols = request.Array(static reader =>
        {
            var protocol = new JoinProtocol(reader.String(), reader.Bytes().ToArray());
            reader.Tags();
            return protocol;
        });
        request.Tags();

        var session = TimeSpan.FromMilliseconds(sessionTimeoutMs);
        JoinAnswer answer;
        if (!broker.Authoriser.AllowsGroup(context.Principal, AclOperation.Read, groupId))
        {
            answer = JoinAnswer.Failed(ErrorCode.GroupAuthorizationFailed, memberId);
        }
        else if (groupId.Length == 0)
        {
            answer = JoinAnswer.Failed(ErrorCode.InvalidGroupId, memberId);
        }
        else if (session < GroupSettings.MinSessionTimeout || session > GroupSettings.MaxSessionTimeout)
        {
            answer = JoinAnswer.Failed(ErrorCode.InvalidSessionTimeout, memberId);
        }
        else if (protocols.Count == 0 || protocolType.Length == 0)
        {
            answer = JoinAnswer.Failed(ErrorCode.InconsistentGroupProtocol, memberId);
        }
        else if (broker.Groups.FindOrCreate(groupId) is not { } group)
        {
            answer = JoinAnswer.Failed(ErrorCode.CoordinatorNotAvailable, memberId);
        }
        else
        {
            var parked = group.JoinAsync(new JoinRequest(memberId, instanceId, protocolType, protocols)
            {
                SessionTimeout = session,
                RebalanceTimeout = TimeSpan.FromMilliseconds(Math.Clamp(rebalanceTimeoutMs, 1, (int)TimeSpan.FromDays(1).TotalMilliseconds)),
                ClientId = context.ClientId,
                ClientHost = context.ClientHost,
                MemberIdFirst = version >= 4,
            });
            answer = await parked.WaitAsync(context.Disconnected).ConfigureAwait(false);
        }

        if (version >= 2) response.Int32(0);
        response.Error(answer.Error);
        response.Int32(answer.Generation);
        if (version >= 7) response.NullableString(answer.ProtocolType);
        if (version >= 7) response.NullableString(answer.Protocol);
        else response.String(answer.Protocol ?? "");
        response.String(answer.Leader);
        response.String(answer.MemberId);
        response.Array(answer.Members, (writer, member) =>
        {
            writer.String(member.Id);
            if (version >= 5) writer.NullableString(member.InstanceId);
            writer.Bytes(member.Metadata);
            writer.Tags();
        });
        response.Tags();
    }
}
