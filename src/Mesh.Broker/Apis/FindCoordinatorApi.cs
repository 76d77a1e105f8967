using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Names the coordinator of a group or a transactional id, which is always this broker.</summary>
internal sealed class FindCoordinatorApi(BrokerState broker) : Api(ApiKey.FindCoordinator, 0, 4, flexibleFrom: 3)
{
    private const sbyte GroupKey = 0;
    private const sbyte TransactionKey = 1;

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        List<string> keys = version < 4 ? [request.String()] : [];
        sbyte type = version >= 1 ? request.Int8() : GroupKey;
        if (version >= 4) keys = request.Array(static reader => reader.String());
        request.Tags();

        bool known = type is GroupKey or TransactionKey;
        var error = known ? ErrorCode.None : ErrorCode.InvalidRequest;
        string? message = known ? null : "Only groups and transactional ids have a coordinator.";
        if (version >= 1) response.Int32(0);
        if (version >= 4)
        {
            response.Array(keys, (writer, key) =>
            {
                writer.String(key);
                WriteNode(writer, known);
                writer.Error(error);
                writer.NullableString(message);
                writer.Tags();
            });
        }
        else
        {
            response.Error(error);
            if (version >= 1) response.NullableString(message);
            WriteNode(response, known);
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
