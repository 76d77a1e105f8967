using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Takes members out of a group at once.</summary>
internal sealed class LeaveGroupApi(BrokerState broker) : Api(ApiKey.LeaveGroup, 0, 4, flexibleFrom: 4)
{
    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        string groupId = request.String();
        List<(string MemberId, string? InstanceId)> members = version >= 3
            ? request.Array(static reader =>
            {
                (string, string?) member = (reader.String(), reader.NullableString());
                reader.Tags();
                return member;
            })
            : [(request.String(), null)];
        request.Tags();

        bool allowed = broker.Authoriser.AllowsGroup(context.Principal, AclOperation.Read, groupId);
        var group = broker.Groups.Find(groupId);
        var outcomes = !allowed ? [] : members.Select(member => (member.MemberId, member.InstanceId, Error: group?.Leave(member.MemberId, member.InstanceId) ?? ErrorCode.UnknownMemberId)).ToList();
        if (version >= 1) response.Int32(0);
        response.Error(!allowed ? ErrorCode.GroupAuthorizationFailed : version >= 3 ? ErrorCode.None : outcomes[0].Error);
        if (version >= 3)
        {
            response.Array(outcomes, static (writer, outcome) =>
            {
                writer.String(outcome.MemberId);
                writer.NullableString(outcome.InstanceId);
                writer.Error(outcome.Error);
                writer.Tags();
            });
        }

        response.Tags();
        return ValueTask.CompletedTask;
    }
}
