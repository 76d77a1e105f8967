using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Shows access control entries.</summary>
internal sealed class DescribeAclsApi(BrokerState broker) : Api(ApiKey.DescribeAcls, 0, 3, flexibleFrom: 2)
{
    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var filter = AclWireFormat.ReadFilter(request, version);

        bool allowed = broker.Authoriser.AllowsCluster(context.Principal, AclOperation.Describe);
        var error = !allowed ? ErrorCode.ClusterAuthorizationFailed : filter.IsValid ? ErrorCode.None : ErrorCode.InvalidRequest;
        var resources = error != ErrorCode.None ? [] : broker.Acls.Entries
            .Where(entry => filter.Matches(entry) && (version >= 1 || entry.PatternType == AclPatternType.Literal))
            .GroupBy(static entry => (entry.ResourceType, entry.ResourceName, entry.PatternType)).ToList();
        response.Int32(0);
        response.Error(error);
        response.NullableString(error switch
        {
            ErrorCode.None => null,
            ErrorCode.InvalidRequest => "The filter names a resource type, pattern type, operation or permission that does not exist.",
            _ => "Describing entries needs Describe on the cluster.",
        });
        response.Array(resources, (writer, resource) =>
        {
            writer.Int8((sbyte)resource.Key.ResourceType);
            writer.String(resource.Key.ResourceName);
            if (version >= 1) writer.Int8((sbyte)resource.Key.PatternType);
            writer.Array(resource.ToList(), static (inner, entry) => AclWireFormat.WriteRule(inner, entry));
            writer.Tags();
        });
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
