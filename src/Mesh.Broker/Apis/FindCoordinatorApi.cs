using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Names the coordinator of a group, which is always this broker.</summary>
internal sealed class FindCoordinatorApi(BrokerState broker) : Api(ApiKey.FindCoordinator, 0, 4, flexibleFrom: 3)
{
    private const sbyte GroupKey = 0;

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        List<string> keys = version < 4 ? [request.String()] : [];
        sbyte type = version >= 1 ? request.Int8() : GroupKey;
        if (version >= 4) keys = request.Array(static reader => reader.String());
        request.Tags();

        (ErrorCode Error, string? Message) Check(string key) =>
            type != GroupKey ? (ErrorCode.InvalidRequest, "Transactions are not supported.")
            : broker.Authoriser.AllowsGroup(context.Principal, AclOperation.Describe, key) ? (ErrorCode.None, null)
            : (ErrorCode.GroupAuthorizationFailed, "Describe on the group is not allowed.");

        if (version >= 1) response.Int32(0);
        if (version >= 4)
        {
            response.Array(keys, (writer, key) =>
            {
                var (error, message) = Check(key);
                writer.String(key);
                WriteNode(writer, error == ErrorCode.None);
                writer.Error(error);
                writer.NullableString(message);
                writer.Tags();
            });
        }
        else
        {
            var (error, message) = Check(keys[0]);
            response.Error(error);
            if (version >= 1) response.NullableString(message);
            WriteNode(response, error == ErrorCode.None);
        }

        response.Tags();
        return ValueTask.CompletedTask;
    }

    private void WriteNode(ProtocolWriter writer, bool known)
    {
        writer.Int32(known ? BrokerState.NodeId : -1);
        writer.String(known ? broker.Host : "");
        writer.Int32(known ? broker.Port : -1);
    }
}
