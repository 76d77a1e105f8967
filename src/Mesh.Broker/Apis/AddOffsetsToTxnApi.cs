using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Transactions;

namespace Mesh.Broker.Apis;

/// <summary>Makes a group's offsets part of a producer's transaction.</summary>
internal sealed class AddOffsetsToTxnApi(BrokerState broker) : Api(ApiKey.AddOffsetsToTxn, 0, 3, flexibleFrom: 3)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        string transactionalId = request.String();
        long producerId = request.Int64();
        short epoch = request.Int16();
        string groupId = request.String();
        request.Tags();

        var error = !broker.Authoriser.Allows(context.Principal, AclOperation.Write, AclResourceType.TransactionalId, transactionalId) ? ErrorCode.TransactionalIdAuthorizationFailed
            : !broker.Authoriser.Allows(context.Principal, AclOperation.Read, AclResourceType.Group, groupId) ? ErrorCode.GroupAuthorizationFailed
            : groupId.Length == 0 ? ErrorCode.InvalidGroupId
            : await broker.Transactions.AddGroupAsync(transactionalId, producerId, epoch, groupId).ConfigureAwait(false);
        response.Int32(0);
        response.Error(TransactionErrors.For(error, context.Version >= 2));
        response.Tags();
    }
}
