using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Adds access control entries, all that are valid at once.</summary>
internal sealed class CreateAclsApi(BrokerState broker) : Api(ApiKey.CreateAcls, 0, 3, flexibleFrom: 2)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        var entries = request.Array(reader => AclWireFormat.ReadEntry(reader, context.Version));
        request.Tags();

        bool allowed = broker.Authoriser.AllowsCluster(context.Principal, AclOperation.Alter);
        bool kept = allowed && await AddAsync(context.Principal, entries.FindAll(static entry => entry.IsValid)).ConfigureAwait(false);
        response.Int32(0);
        response.Array(entries, (writer, entry) =>
        {
            var (error, message) = !allowed ? (ErrorCode.ClusterAuthorizationFailed, "Creating entries needs Alter on the cluster.")
                : !entry.IsValid ? (ErrorCode.InvalidRequest, $"An entry names a resource, `{AclEntry.ClusterName}` for the cluster, a principal such as User:name, a host, an operation, and Allow or Deny; nothing is left open.")
                : !kept ? (ErrorCode.KafkaStorageError, $"The entries could not be written, or there would be more than {AclStore.MaxEntries}.")
                : (ErrorCode.None, (string?)null);
            writer.Error(error);
            writer.NullableString(message);
            writer.Tags();
        });
        response.Tags();
    }

    private async ValueTask<bool> AddAsync(Principal principal, List<AclEntry> entries)
    {
        try
        {
            if (!await broker.Acls.AddAsync(entries).ConfigureAwait(false)) return false;
            foreach (var entry in entries) BrokerLog.AclChanged(broker.Logger, principal.ToString(), "added", entry.ToString());
            return true;
        }
        catch (IOException e)
        {
            BrokerLog.AppendFailed(broker.Logger, broker.Options.DataFolder, e.Message);
            return false;
        }
    }
}
