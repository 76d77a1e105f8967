using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Forgets groups that have no members, with their offsets.</summary>
internal sealed class DeleteGroupsApi(BrokerState broker) : Api(ApiKey.DeleteGroups, 0, 2, flexibleFrom: 2)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        var ids = request.Array(static reader => reader.String());
        request.Tags();

        response.Int32(0);
        response.ArrayLength(ids.Count);
        foreach (string id in ids)
        {
            response.String(id);
            response.Error(broker.Authoriser.Allows(context.Principal, AclOperation.Delete, AclResourceType.Group, id)
                ? await broker.Groups.DeleteAsync(id).ConfigureAwait(false)
                : ErrorCode.GroupAuthorizationFailed);
            response.Tags();
        }

        response.Tags();
    }
}
