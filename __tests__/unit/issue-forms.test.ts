import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'

const DIRECTORY = '.github/ISSUE_TEMPLATE'
const FORMS = readdirSync(DIRECTORY).filter((name) => name !== 'config.yml')
const read = (name: string): unknown => parse(readFileSync(`${DIRECTORY}/${name}`, 'utf8'))

/** What each kind of element may have, and whether an attribute has to be there. */
const ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, 'required' | 'optional'>>>> = {
  markdown: { value: 'required' },
  input: { label: 'required', description: 'optional', placeholder: 'optional', value: 'optional' },
  textarea: {
    label: 'required',
    description: 'optional',
    placeholder: 'optional',
    value: 'optional',
    render: 'optional',
  },
  dropdown: {
    label: 'required',
    description: 'optional',
    multiple: 'optional',
    options: 'required',
    default: 'optional',
  },
  checkboxes: { label: 'required', description: 'optional', options: 'required' },
}
const TOP_LEVEL = ['name', 'description', 'title', 'labels', 'assignees', 'projects', 'type', 'body']

interface Element {
  readonly type: string
  readonly id?: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly validations?: Readonly<Record<string, unknown>>
}

/**
 * What GitHub would have against a form: then it shows none, and says so only to who may write.
 *
 * Source: "Syntax for GitHub's form schema" and "Common validation errors when creating issue forms" of GitHub's pages.
 */
function formProblems(form: unknown): string[] {
  const { body, ...top } = form as Record<string, unknown> & { body?: readonly Element[] }
  const unknown = Object.keys(top).filter((key) => !TOP_LEVEL.includes(key))
  const missing = ['name', 'description'].filter((key) => !isText(top[key]))
  if (!Array.isArray(body) || body.length === 0) return ['body is empty']
  return [
    ...unknown.map((key) => `${key} is not permitted`),
    ...missing.map((key) => `${key} is no text`),
    ...(body.every(({ type }) => type === 'markdown') ? ['body has nothing to fill in'] : []),
    ...body.flatMap((element, index) => elementProblems(element).map((problem) => `body[${index}]: ${problem}`)),
    ...repeated(body.flatMap(({ id }) => id ?? [])).map((id) => `the id ${id} is there twice`),
    ...repeated(body.flatMap(({ attributes }) => attributes?.label ?? [])).map((label) => `"${label}" is there twice`),
  ]
}

function elementProblems({ type, id, attributes = {}, validations = {} }: Element): string[] {
  const known = ATTRIBUTES[type]
  if (known === undefined) return [`${type} is no type`]
  const options = Array.isArray(attributes.options) ? attributes.options : []
  const labels = options.map((option) => (type === 'checkboxes' ? option.label : option))
  return [
    ...(id === undefined || (type !== 'markdown' && /^[\w-]+$/.test(id)) ? [] : [`the id ${id} is not permitted`]),
    ...Object.keys(attributes).flatMap((key) => (key in known ? [] : [`${key} is not permitted`])),
    ...Object.entries(known).flatMap(([key, is]) =>
      is === 'required' && !attributes[key] ? [`${key} is missing`] : [],
    ),
    ...['label', 'description', 'value', 'placeholder', 'render'].flatMap((key) =>
      attributes[key] === undefined || isText(attributes[key]) ? [] : [`${key} is no text`],
    ),
    ...('options' in known && options.length === 0 ? ['options are none'] : []),
    ...labels.flatMap((label) => (isText(label) && label !== 'None' ? [] : [`the option ${label} is not permitted`])),
    ...repeated(labels).map((label) => `the option ${label} is there twice`),
    ...Object.entries(validations).flatMap(([key, value]) =>
      key === 'required' && typeof value === 'boolean' && type !== 'markdown' && type !== 'checkboxes'
        ? []
        : [`the validation ${key} is not permitted`],
    ),
  ]
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}

function repeated(values: readonly unknown[]): unknown[] {
  return values.filter((value, index) => values.indexOf(value) !== index)
}

test.each(FORMS)('%s is a form that GitHub shows', (name) => {
  expect(formProblems(read(name))).toEqual([])
})

describe('what GitHub shows no form for is found', () => {
  const question = { type: 'input', id: 'a', attributes: { label: 'A' } }
  const form = (...body: object[]) => ({ name: 'Bug', description: 'A bug', body })
  test.each<[string, unknown, string]>([
    ['without a name', { ...form(question), name: ' ' }, 'name is no text'],
    ['with a key of templates of the old kind', { ...form(question), about: 'x' }, 'about is not permitted'],
    ['that is empty', form(), 'body is empty'],
    ['that only tells', form({ type: 'markdown', attributes: { value: 'Hello' } }), 'body has nothing to fill in'],
    ['with an id twice', form(question, { ...question, attributes: { label: 'B' } }), 'the id a is there twice'],
    ['with a label twice', form(question, { ...question, id: 'b' }), '"A" is there twice'],
    ['with a kind that there is not', form({ ...question, type: 'text' }), 'body[0]: text is no type'],
    ['with an id that has a space', form({ ...question, id: 'a b' }), 'body[0]: the id a b is not permitted'],
    [
      'with an option that YAML reads as a boolean',
      form({ type: 'dropdown', attributes: { label: 'A', options: [true] } }),
      'body[0]: the option true is not permitted',
    ],
    [
      'with a validation where none is',
      form({
        type: 'checkboxes',
        attributes: { label: 'A', options: [{ label: 'B' }] },
        validations: { required: true },
      }),
      'body[0]: the validation required is not permitted',
    ],
  ])('one %s', (_, bad, problem) => {
    expect(formProblems(bad)).toEqual([problem])
  })
})

test('a report of a bug asks for what is needed to see it, and says twice that no secret belongs into it', () => {
  const { body } = read('bug.yml') as { body: readonly Element[] }
  const required = body.filter(({ validations }) => validations?.required === true).map(({ id }) => id)
  expect(required).toEqual(['what', 'log', 'step', 'version', 'docker', 'runner', 'connection'])
  expect(body.map(({ id }) => id)).toContain('compose')
  const intro = body[0]?.attributes.value
  expect(intro).toMatch(/no password, no token, no key/)
  const last = body.at(-1)?.attributes.options as readonly { label: string; required: boolean }[]
  expect(last[0]).toMatchObject({ label: expect.stringMatching(/no password, token or key/), required: true })
})

test('the page that offers the forms is one that GitHub reads', () => {
  const { contact_links: links, ...rest } = read('config.yml') as { contact_links: readonly Record<string, string>[] }
  expect(rest).toEqual({ blank_issues_enabled: false })
  for (const link of links) {
    expect(Object.keys(link).toSorted()).toEqual(['about', 'name', 'url'])
    expect(link.url).toMatch(/^https:\/\//)
  }
})
