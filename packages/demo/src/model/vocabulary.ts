import type { Stage } from '../scene/scene.ts';
import { type Concept, dayConcept, lightConcept, nothing, roomConcept, stageConcept } from './concepts.ts';

/** Words by meaning. The first group of a stage contains its names, the second describes what is visible. */
const stageWords: Record<Stage, readonly [naming: string, describing: string]> = {
  substrate: [
    'substrate,substrates,sawdust,incubation,incubating,colonization,colonisation,colonizing,colonising,' +
      'colonized,colonised,inoculated,菌包,菌袋,料包,培养料,基质,发菌,菌包期',
    'bag,bags,block,blocks,mycelium,mycelial,spawn,casing,nothing has sprouted,not sprouted,菌丝,袋',
  ],
  primordia: [
    'primordia,primordium,primordial,pin,pins,pinning,pinhead,pinheads,initials,knots,原基,原基期,菇蕾,现蕾,催蕾,蕾',
    'bud,buds,budding,dots,dot,dotted,sprouts,sprouting,tiny,芽',
  ],
  fruiting: [
    'fruiting,fruit,fruits,fruitbody,fruitbodies,fruiting body,fruiting bodies,flush,mature,maturing,ripe,' +
      '出菇,出菇期,子实体,成熟',
    'cluster,clusters,clustered,clump,clumps,bunch,bunches,cap,caps,capped,stem,stems,stipe,stipes,gills,' +
      'mushrooms,菌盖,菇盖,菌柄,菇柄,菇丛,丛,丛生,簇',
  ],
  'post-harvest': [
    'post-harvest,post harvest,postharvest,after harvest,after harvesting,after picking,harvested,picked,' +
      '采后,采收后,采收,采摘,采摘后,已采收,已采',
    'stub,stubs,stump,stumps,cut,remains,remaining,leftover,leftovers,residue,empty,removed,non_growth,' +
      'non-growth,菇根,残根,残留',
  ],
};

const lightWords = {
  white: 'bright,lit,light,lights on,lights are on,well lit,daylight,white light,明亮,亮,开灯,白光',
  blue: 'blue light,blue lights,blue,bluish,蓝光',
  off: 'dark,darkness,dim,dimly,night,lights off,lights are off,unlit,暗,黑暗,夜,夜间,关灯',
} as const;

/** Frequent words without a meaning here. They are in the vocabulary so that they cost one token each. */
const fillers = (
  'a,an,the,of,and,or,in,on,at,to,from,with,without,by,for,as,into,onto,over,under,above,below,near,between,' +
  'is,are,was,were,be,been,being,has,have,had,it,its,this,that,these,those,there,their,they,which,where,when,' +
  'not,no,none,some,many,few,several,more,most,less,very,all,each,other,one,two,three,first,second,still,yet,' +
  'image,picture,photo,photograph,shows,showing,shown,show,seen,see,visible,appears,appear,appearing,view,' +
  'camera,scene,frame,background,foreground,surface,top,bottom,left,right,side,center,centre,edge,edges,' +
  'mushroom,fungus,fungi,lyophyllum,decastes,species,room,rooms,day,days,stage,normal,growth,grow,growing,' +
  'grown,grows,developed,developing,development,early,late,mid,middle,begin,beginning,healthy,good,uniform,' +
  'even,evenly,dense,densely,sparse,small,smaller,large,larger,big,long,short,tall,thick,thin,young,old,fresh,' +
  'moist,wet,dry,smooth,brown,grey,gray,white,whitish,pale,black,green,yellow,colored,coloured,color,colour,' +
  'temperature,humidity,co2,ppm,c,quality,sharp,blurred,blurry,focus,focused,clear,clearly,noise,noisy,shelf,' +
  'shelves,rack,bottle,bottles,container,plastic,air,water,ready,harvest,about,around,also,well,can,like'
).split(',');

/** Frequent English letter groups, most frequent first, so that an unknown word needs fewer tokens. */
export const pairs =
  'th he in er an re on at en nd ti es or te of ed is it al ar st nt to ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce ing ion'.split(
    ' ',
  );

export interface Word {
  text: string;
  concept: Concept;
}

/** Every word and phrase of the demo model, with its meaning. */
export const vocabulary: readonly Word[] = collect();

function collect(): Word[] {
  const words = new Map<string, Concept>();
  const add = (list: string | readonly string[], concept: Concept) => {
    for (const text of typeof list === 'string' ? list.split(',') : list) words.set(text, concept);
  };
  const numbers = Array.from({ length: 60 }, (_, i) => i + 1);
  add(fillers, nothing());
  add(
    Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0')),
    nothing(),
  );
  for (const [stage, [naming, describing]] of Object.entries(stageWords) as [Stage, [string, string]][]) {
    add(naming, stageConcept(stage, 1));
    add(describing, stageConcept(stage, 0.6));
  }
  for (const [light, list] of Object.entries(lightWords) as ['white' | 'blue' | 'off', string][]) {
    add(list, lightConcept(light, 0.3));
  }
  for (const room of ['607', '608', '611', '612']) add(room, roomConcept(room));
  for (const day of numbers) add([`day ${day}`, `第${day}天`], dayConcept(day));
  add('mushroom,fungus,蘑菇,菇', stageConcept('fruiting', 0.15));
  return Array.from(words, ([text, concept]) => ({ text, concept }));
}

/**
 * Matches one token: a phrase of the vocabulary, or else a run of letters, one Chinese character, two digits, or other
 * characters. Works as a regular expression in both JavaScript and Rust.
 */
export const wordPattern = [
  ...vocabulary
    .map(({ text }) => text)
    .filter((text) => /[^a-z]/.test(text) && !/^\d\d$/.test(text))
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map((text) => (/[a-z0-9]$/.test(text) ? `${text}(?![\\p{L}\\p{N}])` : text)),
  '(?:(?!\\p{Script=Han})\\p{L})+',
  '\\p{Script=Han}',
  '\\p{N}{1,2}',
  '[^\\s\\p{L}\\p{N}]',
].join('|');
