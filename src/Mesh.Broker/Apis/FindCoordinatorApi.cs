using Mesh.Broker.Access;
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

        (ErrorCode Error, string? Message) Check(string key) => type switch
        {
            GroupKey when !broker.Authoriser.AllowsGroup(context.Principal, AclOperation.Describe, key) => (ErrorCode.GroupAuthorizationFailed, "Describe on the group is not allowed."),
            TransactionKey when !broker.Authoriser.Allows(context.Principal, AclOperation.Describe, AclResourceType.TransactionalId, key) =>
                (ErrorCode.TransactionalIdAuthorizationFailed, "Describe on the transactional id is not allowed."),
            GroupKey or TransactionKey => (ErrorCode.None, null),
            _ => (ErrorCode.InvalidRequest, "Only groups and transactional ids have a coordinator."),
        };

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
