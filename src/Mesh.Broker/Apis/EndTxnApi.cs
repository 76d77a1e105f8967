using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Transactions;

namespace Mesh.Broker.Apis;

/// <summary>Commits or aborts a producer's transaction; answered when every partition and group knows.</summary>
internal sealed class EndTxnApi(BrokerState broker) : Api(ApiKey.EndTxn, 0, 3, flexibleFrom: 3)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        string transactionalId = request.String();
        long producerId = request.Int64();
        short epoch = request.Int16();
        bool commit = request.Boolean();
        request.Tags();

        var error = broker.Authoriser.Allows(context.Principal, AclOperation.Write, AclResourceType.TransactionalId, transactionalId)
            ? await broker.Transactions.EndAsync(transactionalId, producerId, epoch, commit).ConfigureAwait(false)
            : ErrorCode.TransactionalIdAuthorizationFailed;
        response.Int32(0);
        response.Error(TransactionErrors.For(error, context.Version >= 2));
        response.Tags();
    }
}
