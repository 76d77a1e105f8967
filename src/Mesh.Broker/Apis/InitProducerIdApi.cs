using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Transactions;

namespace Mesh.Broker.Apis;

/// <summary>Gives a producer its id and epoch; with a transactional id, whoever had that before is fenced.</summary>
internal sealed class InitProducerIdApi(BrokerState broker) : Api(ApiKey.InitProducerId, 0, 4, flexibleFrom: 2)
{
    /// <summary>First version whose clients know PRODUCER_FENCED.</summary>
    private const short FencedFrom = 4;

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        string? transactionalId = request.NullableString();
        int timeoutMs = request.Int32();
        long ownProducerId = version >= 3 ? request.Int64() : -1;
        short ownEpoch = version >= 3 ? request.Int16() : (short)-1;
        request.Tags();

        // No producer ever gets id 0, but @platformatic/kafka sends 0 and 0 for none.
        if (ownProducerId == 0 && ownEpoch == 0) (ownProducerId, ownEpoch) = (-1, -1);

        ProducerIdentity identity;
        if ((ownProducerId < 0) != (ownEpoch < 0)) identity = ProducerIdentity.Failed(ErrorCode.InvalidRequest);
        else if (transactionalId is null && !MayWrite(context.Principal)) identity = ProducerIdentity.Failed(ErrorCode.ClusterAuthorizationFailed);
        else if (transactionalId is null) identity = await TakeAsync().ConfigureAwait(false);
        else if (!broker.Authoriser.Allows(context.Principal, AclOperation.Write, AclResourceType.TransactionalId, transactionalId)) identity = ProducerIdentity.Failed(ErrorCode.TransactionalIdAuthorizationFailed);
        else identity = await broker.Transactions.InitAsync(transactionalId, TimeSpan.FromMilliseconds(timeoutMs), ownProducerId, ownEpoch).ConfigureAwait(false);

        response.Int32(0);
        response.Error(TransactionErrors.For(identity.Error, version >= FencedFrom));
        response.Int64(identity.ProducerId);
        response.Int16(identity.Epoch);
        response.Tags();
    }

    private bool MayWrite(Principal principal) =>
        broker.Authoriser.AllowsCluster(principal, AclOperation.IdempotentWrite) || broker.Authoriser.AllowsWritingSomewhere(principal);

    private async ValueTask<ProducerIdentity> TakeAsync()
    {
        try
        {
            return new ProducerIdentity(ErrorCode.None, await broker.ProducerIds.TakeAsync().ConfigureAwait(false), 0);
        }
        catch (IOException e)
        {
            BrokerLog.AppendFailed(broker.Logger, broker.Options.DataFolder, e.Message);
            return ProducerIdentity.Failed(ErrorCode.CoordinatorNotAvailable);
        }
    }
}
