using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Removes the access control entries that filters choose and tells which they were.</summary>
internal sealed class DeleteAclsApi(BrokerState broker) : Api(ApiKey.DeleteAcls, 0, 3, flexibleFrom: 2)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var filters = request.Array(reader => AclWireFormat.ReadFilter(reader, version));
        request.Tags();

        bool allowed = broker.Authoriser.AllowsCluster(context.Principal, AclOperation.Alter);
        var removed = allowed ? await RemoveAsync(context.Principal, [.. filters.Select(static filter => filter.IsValid ? filter : null)]).ConfigureAwait(false) : null;
        response.Int32(0);
        response.ArrayLength(filters.Count);
        for (int i = 0; i < filters.Count; i++)
        {
            var (error, message) = !allowed ? (ErrorCode.ClusterAuthorizationFailed, "Deleting entries needs Alter on the cluster.")
                : !filters[i].IsValid ? (ErrorCode.InvalidRequest, "The filter names a resource type, pattern type, operation or permission that does not exist.")
                : removed is null ? (ErrorCode.KafkaStorageError, "The entries could not be written.")
                : (ErrorCode.None, (string?)null);
            response.Error(error);
            response.NullableString(message);
            response.Array(removed?[i] ?? [], (writer, entry) =>
            {
                writer.Error(ErrorCode.None);
                writer.NullableString(null);
                writer.Int8((sbyte)entry.ResourceType);
                writer.String(entry.ResourceName);
                if (version >= 1) writer.Int8((sbyte)entry.PatternType);
                AclWireFormat.WriteRule(writer, entry);
            });
            response.Tags();
        }

        response.Tags();
    }

    private async ValueTask<IReadOnlyList<IReadOnlyList<AclEntry>>?> RemoveAsync(Principal principal, List<AclFilter?> filters)
    {
        try
        {
            var removed = await broker.Acls.RemoveAsync(filters).ConfigureAwait(false);
            foreach (var entry in removed.SelectMany(static entries => entries)) BrokerLog.AclChanged(broker.Logger, principal.ToString(), "removed", entry.ToString());
            return removed;
        }
        catch (IOException e)
        {
            BrokerLog.AppendFailed(broker.Logger, broker.Options.DataFolder, e.Message);
            return null;
        }
    }
}
