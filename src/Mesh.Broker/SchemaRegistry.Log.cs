using System.Text.Json;
using Mesh.Broker.Protocol;
using Mesh.Broker.Registry;
using Mesh.Broker.Storage;

namespace Mesh.Broker;

/// <content>Writing to the topic and following it.</content>
public sealed partial class SchemaRegistry
{
    /// <summary>Offset of the first record that is not applied yet; moved under <see cref="changing"/>.</summary>
    private long applied;

    /// <summary>Writes a record and applies it, with what others wrote before it.</summary>
    /// <param name="key">Key of the record.</param>
    /// <param name="value">Null for a tombstone.</param>
    private async ValueTask WriteAsync<TValue>(RegistryKey key, TValue? value)
        where TValue : class
    {
        byte[] keyJson = JsonSerializer.SerializeToUtf8Bytes(key);
        byte[] valueJson = value is null ? [] : JsonSerializer.SerializeToUtf8Bytes(value);
        byte[] batch = RecordBatchBuilder.Single(keyJson, valueJson, broker.State.Time.GetUtcNow().ToUnixTimeMilliseconds(), isTombstone: value is null);
        if (batch.Length > broker.State.Options.MaxMessageBytes) throw new RegistryException(RegistryError.TooLarge());
        var appended = await log.AppendAsync(batch, RecordBatchHeader.Read(batch)).ConfigureAwait(false);
        if (appended.Error != ErrorCode.None) throw new RegistryException(RegistryError.StoreFailed);
        CatchUp(CancellationToken.None);
    }

    /// <summary>Applies what other writers append, until the registry stops.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var waiter = new AppendWaiter();
        log.AddWaiter(waiter);
        try
        {
            while (true)
            {
                waiter.Reset();
                await changing.WaitAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    CatchUp(cancellationToken);
                }
                catch (RegistryException)
                {
                    // Tried again with the next record or request.
                }
                finally
                {
                    changing.Release();
                }

                await waiter.Signalled.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The registry stops, or the broker does.
        }
        finally
        {
            log.RemoveWaiter(waiter);
        }
    }

    /// <summary>Applies the records that are not applied yet, in the order of the log.</summary>
    /// <exception cref="RegistryException">The log cannot be read.</exception>
    private void CatchUp(CancellationToken cancellationToken)
    {
        try
        {
            applied = Math.Max(applied, log.StartOffset);
            while (applied < log.HighWatermark)
            {
                cancellationToken.ThrowIfCancellationRequested();
                byte[] batch = new byte[log.BatchBytesAt(applied)];
                if (batch.Length == 0 || log.Read(applied, batch) == 0) return;
                var header = RecordBatchHeader.Read(batch);
                ReadBatch(header, batch);
                applied = Math.Max(header.NextOffset, applied + 1);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.SchemasUnreadable(broker.State.Logger, TopicName, applied, e.Message);
            throw new RegistryException(RegistryError.StoreFailed);
        }
    }

    private void ReadBatch(in RecordBatchHeader header, byte[] batch)
    {
        if ((header.Attributes & RecordBatchHeader.ControlBit) != 0) return;
        using var content = RecordCompression.Decompress(header, batch);
        if (content is null)
        {
            BrokerLog.SchemaRecordSkipped(broker.State.Logger, TopicName, header.BaseOffset, "it does not decompress");
            return;
        }

        ReadOnlySpan<byte> records = content.Whole[..content.Length];
        while (RecordReader.TryRead(ref records, withContent: true, out var record))
        {
            try
            {
                if (record.Value.Key is { } key) store.Apply(key, record.Value.Value, isTombstone: record.Value.Value is not { Length: > 0 });
            }
            catch (JsonException e)
            {
                BrokerLog.SchemaRecordSkipped(broker.State.Logger, TopicName, header.BaseOffset + record.Value.OffsetDelta, e.Message);
            }
        }
    }
}
