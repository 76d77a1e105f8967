namespace Mesh.Formats.Mcap;

/// <summary>What is too large to be held: messages are listed without their bytes, chunks are read piece by piece.</summary>
public sealed partial class McapRecordingReader
{
    // Of a chunk made for one message: its schema, its channel, and the record's own fields.
    private const int PieceSlackBytes = 1 << 20;

    private bool IsListed(long recordBytes) => recordBytes - McapMessageRecord.HeaderBytes > options.ListAboveBytes;

    /// <summary>Lists the message record that begins here and passes over it.</summary>
    private async ValueTask ListTooLongAsync(long total, CancellationToken cancellationToken)
    {
        long offset = window.Position;
        await window.EnsureAsync(McapRecordLexer.PrefixBytes + McapMessageRecord.HeaderBytes, cancellationToken).ConfigureAwait(false);
        if (McapMessageRecord.TryParse(window.Span[McapRecordLexer.PrefixBytes..], out var message))
        {
            await AddUnheldAsync(message, total - McapRecordLexer.PrefixBytes - McapMessageRecord.HeaderBytes, offset, cancellationToken).ConfigureAwait(false);
        }

        await SkipAsync(McapOpcode.Message, total, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask AddUnheldAsync(McapMessageRecord message, long payloadBytes, long offset, CancellationToken cancellationToken)
    {
        int channel = await ChannelOfAsync(message.ChannelId, cancellationToken).ConfigureAwait(false);
        int length = (int)Math.Min(payloadBytes, int.MaxValue);
        if (channel < 0) run.AddUndefined(message.ChannelId, length);
        else run.Add(new MessageRef(channel, message.Sequence, message.LogTime, message.PublishTime, -1, length, offset));
    }

    private async ValueTask<int> ChannelOfAsync(ushort id, CancellationToken cancellationToken)
    {
        if (definitions.IndexOf(id) < 0 && !definitions.SummaryConsulted) await ConsultSummaryAsync(cancellationToken).ConfigureAwait(false);
        return definitions.IndexOf(id);
    }

    /// <summary>Goes on piece by piece when the chunk record that begins here is larger than may be held.</summary>
    /// <returns>False when it is not, or when its fields are not those of a sound chunk.</returns>
    private async ValueTask<bool> BeginPiecesAsync(long total, CancellationToken cancellationToken)
    {
        if (options.ListAboveBytes == long.MaxValue) return false;
        await window.EnsureAsync((int)Math.Min(total, HeadBytes), cancellationToken).ConfigureAwait(false);
        var content = window.Span[McapRecordLexer.PrefixBytes..(int)Math.Min(total, window.Span.Length)];
        if (!McapChunkRecord.TryParse(content, out var header)) return false;
        long contentBytes = total - McapRecordLexer.PrefixBytes;
        long most = Math.Min(options.MaxChunkBytes, options.ListAboveBytes + PieceSlackBytes);
        if ((header.UncompressedSize <= (ulong)most && contentBytes <= options.MaxRecordBytes) || !McapChunkPieces.CanRead(header, contentBytes)) return false;

        resync.RecordingHasChunks = true;
        pieces = new McapChunkPieces(source, header, window.Position, options);
        sectionIsWhole = false;
        window.Seek(window.Position + total);
        if (!await pieces.CheckAsync(losses, cancellationToken).ConfigureAwait(false)) await EndPiecesAsync().ConfigureAwait(false);
        return true;
    }

    /// <summary>Lists the next messages of the chunk.</summary>
    /// <returns>False at its end.</returns>
    private async ValueTask<bool> ReadPieceAsync(McapChunkPieces chunk, CancellationToken cancellationToken)
    {
        chunk.BeginPiece();
        while (await chunk.NextAsync(cancellationToken).ConfigureAwait(false) is { } record)
        {
            if (record.Opcode is McapOpcode.Schema or McapOpcode.Channel)
            {
                if (record.Length > options.MaxDefinitionBytes)
                {
                    losses.Add(McapLosses.TooManyDefinitions, chunk.FileOffset, record.Length, $"definitions of at most {options.MaxDefinitionBytes} bytes", $"{record.Opcode} of {record.Length}");
                    await chunk.PassAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                }

                byte[] content = new byte[record.Length];
                await chunk.TakeAsync(content, cancellationToken).ConfigureAwait(false);
                if (record.Opcode == McapOpcode.Schema) definitions.AddSchema(content, chunk.FileOffset, losses);
                else if (!definitions.AddChannel(content, chunk.FileOffset, losses))
                {
                    await ConsultSummaryAsync(cancellationToken).ConfigureAwait(false);
                    definitions.AddChannel(content, chunk.FileOffset, losses);
                }
            }
            else if (record.Opcode != McapOpcode.Message || record.Length < McapMessageRecord.HeaderBytes)
            {
                if (record.Opcode is McapOpcode.Message or McapOpcode.Chunk)
                {
                    losses.Add(McapLosses.MalformedRecord, chunk.FileOffset, McapRecordLexer.PrefixBytes + record.Length, "a schema, channel or message within a chunk", $"{record.Opcode} of {record.Length} bytes");
                }

                await chunk.PassAsync(cancellationToken).ConfigureAwait(false);
            }
            else if (!IsListed(record.Length) && !chunk.HasRoom(record.Length))
            {
                // The piece is full; this message begins the next one.
                if (run.Count > 0) break;
                await AdmitAsync(record.Length, cancellationToken).ConfigureAwait(false);
                chunk.MakeRoom((int)record.Length);
            }
            else
            {
                await TakeMessageAsync(chunk, record.Length, cancellationToken).ConfigureAwait(false);
            }
        }

        run.ReportUndefined(losses, chunk.FileOffset);
        if (!chunk.IsAtEnd || run.Count > 0) return true;
        chunk.ReportRest(losses);
        return false;
    }

    private async ValueTask TakeMessageAsync(McapChunkPieces chunk, long length, CancellationToken cancellationToken)
    {
        byte[] head = new byte[McapMessageRecord.HeaderBytes];
        await chunk.TakeAsync(head, cancellationToken).ConfigureAwait(false);
        if (!McapMessageRecord.TryParse(head, out var message)) return;
        long payloadBytes = length - McapMessageRecord.HeaderBytes;
        if (IsListed(length))
        {
            await AddUnheldAsync(message, payloadBytes, chunk.FileOffset, cancellationToken).ConfigureAwait(false);
            await chunk.PassAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        int channel = await ChannelOfAsync(message.ChannelId, cancellationToken).ConfigureAwait(false);
        int at = await chunk.TakePayloadAsync((int)payloadBytes, cancellationToken).ConfigureAwait(false);
        if (channel < 0) run.AddUndefined(message.ChannelId, (int)payloadBytes);
        else run.Add(new MessageRef(channel, message.Sequence, message.LogTime, message.PublishTime, at, (int)payloadBytes, chunk.FileOffset));
    }

    private async ValueTask EndPiecesAsync()
    {
        if (pieces is null) return;
        await pieces.DisposeAsync().ConfigureAwait(false);
        pieces = null;
    }
}
