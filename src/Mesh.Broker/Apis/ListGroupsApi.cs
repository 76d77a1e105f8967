using Mesh.Broker.Access;
using Mesh.Broker.Groups;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Lists the groups that have members or offsets.</summary>
internal sealed class ListGroupsApi(BrokerState broker) : Api(ApiKey.ListGroups, 0, 5, flexibleFrom: 3)
{
    /// <summary>The only type of group there is (KIP-848).</summary>
    private const string Classic = "classic";

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var states = version >= 4 ? request.Array(static reader => reader.String()) : [];
        var types = version >= 5 ? request.Array(static reader => reader.String()) : [];
        request.Tags();

        bool all = broker.Authoriser.AllowsCluster(context.Principal, AclOperation.Describe);
        bool wanted = types.Count == 0 || types.Contains(Classic, StringComparer.OrdinalIgnoreCase);
        var groups = broker.Groups.Ids.Where(id => wanted && (all || broker.Authoriser.AllowsGroup(context.Principal, AclOperation.Describe, id)))
            .Select(id => (Id: id, Description: broker.Groups.Describe(id)!)).Where(static group => group.Description is not null)
            .Where(group => states.Count == 0 || states.Contains(group.Description.State, StringComparer.OrdinalIgnoreCase))
            .ToList();
        if (version >= 1) response.Int32(0);
        response.Error(ErrorCode.None);
        response.Array(groups, (writer, group) =>
        {
            writer.String(group.Id);
            writer.String(group.Description.ProtocolType);
            if (version >= 4) writer.String(group.Description.State);
            if (version >= 5) writer.String(Classic);
            writer.Tags();
        });
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
