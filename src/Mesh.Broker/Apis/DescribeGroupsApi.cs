using Mesh.Broker.Access;
using Mesh.Broker.Groups;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Shows groups with their members.</summary>
internal sealed class DescribeGroupsApi(BrokerState broker) : Api(ApiKey.DescribeGroups, 0, 5, flexibleFrom: 5)
{
    private static readonly GroupDescription Unauthorised = new("", "", "", []);
    private static readonly GroupDescription Dead = new("Dead", "", "", []);

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var ids = request.Array(static reader => reader.String());
        bool wantsOperations = version >= 3 && request.Boolean();
        request.Tags();

        if (version >= 1) response.Int32(0);
        response.Array(ids, (writer, id) =>
        {
            bool allowed = broker.Authoriser.AllowsGroup(context.Principal, AclOperation.Describe, id);
            var group = !allowed ? Unauthorised : broker.Groups.Describe(id) ?? Dead;
            writer.Error(allowed ? ErrorCode.None : ErrorCode.GroupAuthorizationFailed);
            writer.String(id);
            writer.String(group.State);
            writer.String(group.ProtocolType);
            writer.String(group.Protocol);
            writer.Array(group.Members, (inner, member) =>
            {
                inner.String(member.Id);
                if (version >= 4) inner.NullableString(member.InstanceId);
                inner.String(member.ClientId);
                inner.String("/" + member.ClientHost);
                inner.Bytes(member.Metadata);
                inner.Bytes(member.Assignment);
                inner.Tags();
            });
            if (version >= 3) writer.Int32(wantsOperations && allowed ? broker.Authoriser.AllowedOperations(context.Principal, AclResourceType.Group, id) : int.MinValue);
            writer.Tags();
        });
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
