using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Gives an idempotent producer its id. Transactions are refused.</summary>
internal sealed class InitProducerIdApi(BrokerState broker) : Api(ApiKey.InitProducerId, 0, 4, flexibleFrom: 2)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        string? transactionalId = request.NullableString();
        request.Int32();
        if (context.Version >= 3)
        {
            request.Int64();
            request.Int16();
        }

        request.Tags();
        bool allowed = transactionalId is not null
            ? broker.Authoriser.Allows(context.Principal, AclOperation.Write, AclResourceType.TransactionalId, transactionalId)
            : broker.Authoriser.AllowsCluster(context.Principal, AclOperation.IdempotentWrite) || broker.Authoriser.AllowsWritingSomewhere(context.Principal);
        var error = !allowed ? (transactionalId is null ? ErrorCode.ClusterAuthorizationFailed : ErrorCode.TransactionalIdAuthorizationFailed)
            : transactionalId is null ? ErrorCode.None
            : ErrorCode.UnsupportedVersion;
        long id = -1;
        if (error == ErrorCode.None)
        {
            try
            {
                id = await broker.ProducerIds.TakeAsync().ConfigureAwait(false);
            }
            catch (IOException e)
            {
                BrokerLog.AppendFailed(broker.Logger, broker.Options.DataFolder, e.Message);
                error = ErrorCode.CoordinatorNotAvailable;
            }
        }

        response.Int32(0);
        response.Error(error);
        response.Int64(id);
        response.Int16(error == ErrorCode.None ? (short)0 : (short)-1);
        response.Tags();
    }
}
