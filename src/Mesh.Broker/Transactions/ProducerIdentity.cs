using Mesh.Broker.Protocol;

namespace Mesh.Broker.Transactions;

/// <summary>What InitProducerId comes to.</summary>
/// <param name="Error">None when the producer may begin.</param>
/// <param name="ProducerId">Its id; -1 on an error.</param>
/// <param name="Epoch">Its epoch; -1 on an error.</param>
internal readonly record struct ProducerIdentity(ErrorCode Error, long ProducerId, short Epoch)
{
    public static ProducerIdentity Failed(ErrorCode error) => new(error, -1, -1);
}
