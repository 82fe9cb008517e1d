/** `schemas/strategy.schema.json`, made from the one schema in strategy-schema.ts. Draft 7, which every editor's YAML support reads. */
import { z } from 'zod';
import { strategyFileSchema } from './strategy-schema.ts';

/** The text of the JSON Schema file. A function of the schema alone. */
export function strategySchemaText(): string {
  const schema = z.toJSONSchema(strategyFileSchema, {
    target: 'draft-7',
    io: 'input',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      if (jsonSchema.default !== undefined) jsonSchema.default = asWritten(jsonSchema.default, jsonSchema.type);
      if (jsonSchema['written'] !== undefined) jsonSchema.examples = jsonSchema['written'] as unknown[];
      delete jsonSchema['written'];
      // Any key, any value: what a block says without these.
      delete jsonSchema.propertyNames;
      if (typeof jsonSchema.additionalProperties === 'object') delete jsonSchema.additionalProperties;
    },
  });
  return `${JSON.stringify(schema, null, 2)}\n`;
}

type JsonDefault = z.core.JSONSchema.BaseSchema['default'];

/** Defaults are kept as text; in the file a number, true and false are written without quotes. */
function asWritten(value: JsonDefault, type: unknown): JsonDefault {
  if (type === 'boolean') return value === 'true';
  const isNumber = typeof value === 'string' && /^[0-9.]+$/.test(value) && (type === undefined || [type].flat().some((each) => each === 'number' || each === 'integer'));
  return isNumber ? Number(value) : value;
}
