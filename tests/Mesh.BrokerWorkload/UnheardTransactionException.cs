namespace Mesh.BrokerWorkload;

/// <summary>The producer gave up because the broker had not heard of the transaction it was asked to abort.</summary>
internal sealed class UnheardTransactionException() : Exception("the transaction to abort was never heard of");
