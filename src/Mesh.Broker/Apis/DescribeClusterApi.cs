using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>The cluster: this broker.</summary>
internal sealed class DescribeClusterApi(BrokerState broker) : Api(ApiKey.DescribeCluster, 0, 0, flexibleFrom: 0)
{
    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        bool wantsOperations = request.Boolean();
        request.Tags();

        response.Int32(0);
        response.Error(ErrorCode.None);
        response.NullableString(null);
        response.String(broker.Topics.ClusterId);
        response.Int32(BrokerState.NodeId);
        response.ArrayLength(1);
        response.Int32(BrokerState.NodeId);
        response.String(broker.Host);
        response.Int32(broker.Port);
        response.NullableString(null);
        response.Tags();
        response.Int32(wantsOperations ? broker.Authoriser.AllowedOperations(context.Principal, AclResourceType.Cluster, AclEntry.ClusterName) : int.MinValue);
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
